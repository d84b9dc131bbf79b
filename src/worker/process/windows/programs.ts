/**
 * @module
 * The programs that everything on Windows goes through, and how they are given their scripts: as constant text, with
 * everything that varies in environment variables, so that nothing has to be quoted.
 *
 * All of `process/windows/` is written from documentation and has not been tried on Windows yet. What decides is pure
 * and tested anywhere, with `Run` in the place of the system.
 */

/** What `--allow-run` has to name. */
export const PROGRAMS = ["cmd", "powershell", "taskkill"] as const;

/** A program to run to its end. */
export interface Call {
  program: (typeof PROGRAMS)[number];
  /** As words. */
  args: readonly string[];
  /** Laid over this process's own environment. */
  env?: Readonly<Record<string, string>>;
}

/** Runs a program and resolves with what it printed. */
export type Run = (call: Call) => Promise<string>;

/** Runs a program of the system. */
export async function runProgram({ program, args, env }: Call): Promise<string> {
  const { stdout } = await new Deno.Command(program, {
    args: [...args],
    env: { ...env },
    stdin: "null",
    stdout: "piped",
    stderr: "null",
  }).output();
  return new TextDecoder().decode(stdout);
}

/** A PowerShell script, in ASCII; its output is read as UTF-8. */
export function powershell(script: string, env: Readonly<Record<string, string>> = {}): Call {
  const whole = `$ErrorActionPreference='Stop'; [Console]::OutputEncoding=[Text.Encoding]::UTF8; ${script}`;
  const utf16 = Array.from(whole, (char) => `${char}\0`).join("");
  const args = ["-NoProfile", "-NonInteractive", "-EncodedCommand", btoa(utf16)];
  return { program: "powershell", args, env };
}

/**
 * The arguments of `cmd` for a script, to be passed raw: `/s` takes off the outermost quotes and nothing else. With
 * `/v:on`, `!NAME!` is a variable's value, put in after the script was parsed: nothing in it means anything to `cmd`.
 */
export function cmdArguments(script: string): string[] {
  return ["/d", "/v:on", "/s", "/c", `"${script}"`];
}

/** The path with the separators that `cmd`'s own commands take for certain. */
export function nativePath(path: string): string {
  return path.replaceAll("/", "\\");
}
