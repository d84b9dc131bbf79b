/**
 * @module
 * What to know about the machine before running commands on it.
 */
import type { Host } from "../platform.ts";
import { runShell } from "./shell.ts";
import { withheld } from "./withheld.ts";

/** Where Linux names its boot; elsewhere nothing is there, and macOS answers to `sysctl`. $1 of the script. */
const BOOT_ID = "/proc/sys/kernel/random/boot_id";

const PROBE = `uname -n
boot=; [ -r "$1" ] && read -r boot <"$1"; [ "$boot" ] || boot=$(sysctl -n kern.bootsessionuuid 2>/dev/null); echo "$boot"
space=$(readlink /proc/self/ns/pid 2>/dev/null); echo "$space"
[ -r /proc/self/environ ] && command -v grep >/dev/null && echo yes || echo no
[ "$(sh -c 'trap "echo trapped" EXIT; kill $$' 2>/dev/null)" = trapped ] && echo yes || echo no
set -- $(sh -c 'echo $$; exec setsid sh -c "echo \\$\\$"' 2>/dev/null); [ "$1" = "$2" ] && echo yes || echo no`;

export async function probeHost(bootIdFile: string = BOOT_ID): Promise<Host> {
  const lines = (await runShell(PROBE, [bootIdFile])).split("\n");
  const [name = "", bootId = "", pidNamespace = "", procfs, trapsOnSignal, setsid] = lines;
  return {
    name,
    bootId,
    pidNamespace,
    byToken: procfs === "yes",
    trapsOnSignal: trapsOnSignal === "yes",
    setsid: setsid === "yes",
    withheld: await withheld(),
  };
}
