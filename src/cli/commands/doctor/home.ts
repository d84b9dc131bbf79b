/**
 * @module
 * The checks of the home's directory: is it there, is it its owner's alone, does all in it belong to that owner.
 */
import type { Home } from "../../../system/home.ts";
import { quoteWords } from "../../../system/shell_words.ts";
import type { Context } from "../../line/context.ts";
import { type Finding, ok, problem, warning } from "./finding.ts";
import { probe } from "./probe.ts";

export function* checkHome(context: Context): Generator<Finding> {
  const { dir } = context.home;
  const place = isLink(dir) ? `${dir}, a link to ${Deno.readLinkSync(dir)}` : dir;
  let stat: Deno.FileInfo;
  try {
    stat = Deno.statSync(dir);
  } catch (error) {
    const advice = error instanceof Deno.errors.NotCapable
      ? "see to the permission to read it first"
      : (error as Error).message;
    return yield problem("home", `${place} cannot be read`, advice);
  }
  const wrong = [...checkMode(dir, stat), ...checkOwner(context, stat)];
  yield* wrong.length > 0 ? wrong : [ok("home", place)];
}

function isLink(path: string): boolean {
  try {
    return Deno.lstatSync(path).isSymlink;
  } catch {
    return false;
  }
}

function* checkMode(dir: string, { mode }: Deno.FileInfo): Generator<Finding> {
  if (((mode ?? 0) & 0o077) === 0) return;
  const advice = `chmod 700 ${quoteWords([dir])}`;
  yield warning("home", `${dir} can be reached by other users of this machine`, advice);
}

/** Two users on one home are in each other's way: neither can write what the other has made. */
function* checkOwner({ home, clock }: Context, { uid: owner }: Deno.FileInfo): Generator<Finding> {
  const own = probe(home, clock)?.uid ?? null;
  if (owner === null) return;
  if (own !== null && own !== owner) {
    const advice = "run queuectl as that user, or choose another home with --home DIR";
    yield warning("home", `${home.dir} belongs to user ${owner}, and you are user ${own}`, advice);
  }
  const others = pathsIn(home).filter((path) => (ownerOf(path) ?? owner) !== owner);
  if (others.length > 0) {
    const advice = `chown -hR ${owner} ${quoteWords([home.dir])}`;
    yield warning("home", `it is user ${owner}'s, but another's is ${others.join(" and ")}`, advice);
  }
}

function pathsIn({ database, store, doorbell, waiting, reserve, spool, logs }: Home): string[] {
  return [database, `${database}-wal`, `${database}-shm`, store, doorbell, waiting, reserve, spool, logs];
}

function ownerOf(path: string): number | null {
  try {
    return Deno.lstatSync(path).uid;
  } catch {
    return null; // it is not there
  }
}
