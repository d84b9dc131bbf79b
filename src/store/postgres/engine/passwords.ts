/**
 * @module
 * `~/.pgpass`: lines of `host:port:database:user:password`, of which the first that fits is taken. As everywhere, one
 * that others may read is left out.
 */
import { envVariable } from "../../../system/environment.ts";
import { howToGet, isGranted } from "../../../system/permissions.ts";
import { quoteWords } from "../../../system/shell_words.ts";

/** Whom a password is for. */
interface Whom {
  host: string;
  port: number;
  database: string | undefined;
  user: string | undefined;
}

/** A password, and what is to be said where there is none. */
export interface FoundPassword {
  password: string | undefined;
  /** Empty, or something in parentheses. */
  about: string;
}

/** The file that is meant; undefined where nobody can tell. */
export function passwordFile(given?: string): string | undefined {
  const home = envVariable("HOME");
  return given ?? (home === undefined ? undefined : `${home}/.pgpass`);
}

/** Looks for a password in the file. */
export function passwordFor(whom: Whom, given?: string): FoundPassword {
  const path = passwordFile(given);
  if (path === undefined) return { password: undefined, about: "" };
  if (!isGranted({ name: "read", path })) {
    const flag = quoteWords([`--allow-read=${path}`]);
    return { password: undefined, about: ` (${path} may not be read: ${howToGet(flag)})` };
  }
  let text: string;
  try {
    const { mode, isFile } = Deno.statSync(path);
    if (!isFile) return { password: undefined, about: "" };
    if (((mode ?? 0) & 0o077) !== 0) {
      return { password: undefined, about: ` (${path} was left out, since others may read it: chmod 600)` };
    }
    text = Deno.readTextFileSync(path);
  } catch {
    return { password: undefined, about: "" }; // there is none
  }
  const wanted = [whom.host, String(whom.port), whom.database ?? "", whom.user ?? ""];
  for (const line of text.split(/\r?\n/)) {
    if (line.startsWith("#")) continue;
    const [password, ...fields] = fieldsOf(line).reverse();
    const given = fields.reverse();
    if (given.length === 4 && given.every((field, at) => field === "*" || field === wanted[at])) {
      return { password, about: "" };
    }
  }
  return { password: undefined, about: "" };
}

/** Colons divide; a backslash takes the next character as it is. */
function fieldsOf(line: string): string[] {
  const fields = [""];
  for (let at = 0; at < line.length; at++) {
    const char = line[at]!;
    if (char === ":" && fields.length < 5) fields.push("");
    else fields[fields.length - 1] += char === "\\" ? line[++at] ?? "" : char;
  }
  return fields;
}
