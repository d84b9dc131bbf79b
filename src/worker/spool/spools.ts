/**
 * @module
 * The directory of all spools: one for each supervisor, with the lock that shows that it lives. A spool goes with its
 * supervisor, unless attempts still write there: then it goes once they have been settled.
 */
import type { Store } from "../../store/contract.ts";
import type { Home } from "../../system/home.ts";
import { bePresent, keepAbsent, presencePath, presencesIn } from "../../system/presence.ts";
import { saidDirectory } from "./spool.ts";

/** The spool of a supervisor that lives. */
export interface OwnSpool extends Disposable {
  path: string;
}

/**
 * Makes the spool of a supervisor that is about to live. It must not be registered before that. It lives until this is
 * disposed of; then it is for `sweepSpools` to tell whether attempts go on writing there.
 */
export async function openSpool(home: Home, id: string): Promise<OwnSpool> {
  Deno.mkdirSync(home.spool, { recursive: true, mode: 0o700 });
  const presence = await bePresent(presencePath(home.spool, id));
  const path = spoolPath(home, id);
  Deno.mkdirSync(path, { mode: 0o700 });
  Deno.mkdirSync(saidDirectory(path), { mode: 0o700 });
  return { path, [Symbol.dispose]: () => presence[Symbol.dispose]() };
}

function spoolPath(home: Home, id: string): string {
  return `${home.spool}/${id}`;
}

/** The path that the names of an attempt's files begin with, in the spool of the supervisor that started it. */
export function attemptSpool(home: Home, supervisor: string, token: string): string {
  return `${spoolPath(home, supervisor)}/${token}`;
}

/**
 * Removes the spools of supervisors that are gone and to which no running attempt writes. That they are gone is known,
 * and kept so, before the store is asked who writes where: one that registers, begins something and dies meanwhile
 * would be unknown to the store and dead at once, and what it began would lose its spool.
 */
export async function sweepSpools(home: Home, store: Pick<Store, "spools">): Promise<void> {
  const known = await store.spools();
  using gone = new DisposableStack();
  const absent: string[] = [];
  for (const id of presencesIn(home.spool)) {
    const absence = known.has(id) ? "present" : await keepAbsent(presencePath(home.spool, id));
    if (absence === undefined || absence === "present") continue;
    gone.use(absence);
    absent.push(id);
  }
  if (absent.length === 0) return;
  const used = await store.spools();
  for (const id of absent) if (!used.has(id)) await remove(home, id);
}

/** The lock goes last: as long as it is there, others know that there may be something to remove. */
async function remove(home: Home, id: string): Promise<void> {
  for (const path of [spoolPath(home, id), presencePath(home.spool, id)]) {
    try {
      await Deno.remove(path, { recursive: true });
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
}
