/**
 * @module
 * The variables that the shells of this process do not get (see `shell.ts`): what they are, so that a job's own shell
 * can export them again. Where there are none, asking costs nothing.
 */
import { envVariable } from "../../../system/environment.ts";
import type { Withheld } from "../platform.ts";
import { runShell, withheldNames } from "./shell.ts";

/**
 * This process is the shell's parent; NUL ends each variable. It takes no permission but to run a shell. Where there is
 * no `/proc`, as on macOS, it takes permission to read them; there, `/bin/sh` itself would not hand on `DYLD_*`.
 */
const READ_PARENT = "cat /proc/$PPID/environ";
const NAME = /^[A-Za-z_]\w*$/;

export async function withheld(): Promise<Withheld> {
  const names = await withheldNames();
  if (names.length === 0) return { values: {}, unknown: [] };
  const environment = readEnvironment(await runShell(READ_PARENT, []));
  const values: Record<string, string> = {};
  for (const name of names) {
    const value = environment.get(name) ?? envVariable(name);
    // A value that is not UTF-8 has become another one; nobody gets that.
    if (value !== undefined && !value.includes("\ufffd") && NAME.test(name)) values[name] = value;
  }
  return { values, unknown: names.filter((name) => !(name in values)) };
}

function readEnvironment(text: string): Map<string, string> {
  return new Map(
    text.split("\0").map((one) => {
      const equals = one.indexOf("=");
      return [one.slice(0, equals), one.slice(equals + 1)];
    }),
  );
}
