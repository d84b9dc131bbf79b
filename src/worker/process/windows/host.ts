/**
 * @module
 * What to know about a Windows machine before running commands on it.
 */
import type { Host } from "../platform.ts";

/**
 * Prints the host's name, when its session manager began, and when the system says that it was started, in ms. The
 * session manager begins with every boot and never ends; the other is put off whenever somebody sets the clock, which
 * would look as if the machine had been started again.
 */
export const PROBE: string =
  "$ms={ if ($args[0]) { ([DateTimeOffset]$args[0]).ToUnixTimeMilliseconds() } };" +
  " $smss=Get-CimInstance Win32_Process -Filter \"Name='smss.exe'\" | Sort-Object CreationDate | Select-Object -First 1;" +
  " $os=Get-CimInstance Win32_OperatingSystem -Property LastBootUpTime;" +
  " @{ name=[Environment]::MachineName; session=(& $ms $smss.CreationDate); boot=(& $ms $os.LastBootUpTime) }" +
  " | ConvertTo-Json -Compress";

/** What `PROBE` printed. @throws when it failed */
export function readHost(printed: string): Host {
  const { name, session, boot } = JSON.parse(printed.replace(/^\ufeff/, ""));
  return {
    name,
    bootId: String(session ?? boot ?? ""),
    pidNamespace: "",
    byToken: true,
    trapsOnSignal: false,
    setsid: false,
    withheld: { values: {}, unknown: [] },
  };
}
