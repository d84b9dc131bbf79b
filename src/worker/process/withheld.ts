/**
 * @module
 * The variables that the shells of this process do not get (see `shell.ts`): what they are, so that a job's own shell
 * can export them again. Where there are none, asking costs nothing.
 */
import { envVariable } from "../../environment.ts";
import { runShell, withheldNames } from "./shell.ts";

/** What is withheld from shells. */
export interface Withheld {
  /** The variables whose values are known. */
  values: Readonly<Record<string, string>>;
  /** The names of those whose values nobody can tell, or that no shell could export. */
  unknown: readonly string[];
}

/** This process is the shell's parent; NUL ends each variable. It takes no permission but to run a shell. */
const READ_PARENT = "cat /proc/$PPID/environ";
/** What a shell can export. */
const NAME = /^[A-Za-z_]\w*$/;

/** What is withheld. */
export async function withheld(): Promise<Withheld> {
  const names = await withheldNames();
  if (names.length === 0) return { values: {}, unknown: [] };
  const environment = readEnvironment(await runShell(READ_PARENT, []));
  const values: Record<string, string> = {};
  for (const name of names) {
    const value = environment.get(name) ?? envVariable(name);
    if (value !== undefined && NAME.test(name)) values[name] = value;
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

/** What to say of variables that jobs do not get, and what to do about it; undefined where there are none. */
export function sayUnknown({ unknown }: Withheld): { found: string; advice: string } | undefined {
  if (unknown.length === 0) return undefined;
  return {
    found: `jobs do not see ${unknown.join(", ")}`,
    advice: `run workers with --allow-env=${unknown.join(",")}, or with --allow-run`,
  };
}
