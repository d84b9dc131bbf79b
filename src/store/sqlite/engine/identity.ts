/**
 * @module
 * Which files a connection works on. SQLite goes on with the files it once opened, even when nobody can find them
 * any more: what is written then is lost with the process. So whoever writes compares first.
 */

/** Names a file for as long as somebody has it open; null where the platform does not tell; undefined is no file. */
export type Identity = string | null | undefined;

/** The identity of the file that a path leads to now. */
export function identityOf(path: string): Identity {
  try {
    const { dev, ino } = Deno.statSync(path);
    return ino === null ? null : `${dev}:${ino}`;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return undefined;
    throw error;
  }
}
