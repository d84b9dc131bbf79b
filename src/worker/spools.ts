/**
 * @module
 * The directory of all spools: one for each supervisor, with the lock that shows that it lives. A spool goes with its
 * supervisor, unless attempts still write there: then it goes once they have been settled.
 */
import type { Home } from "../home.ts";
import type { Store } from "../store/store.ts";
import { bePresent, isPresent, presencePath, presencesIn } from "../presence.ts";

/** The spool of a supervisor that lives. */
export interface OwnSpool {
  /** The directory of its files. */
  path: string;
  /** Does not live any more. With `keep`, attempts go on writing there. */
  close(options: { keep: boolean }): void;
}

/** Makes the spool of a supervisor that is about to live. It must not be registered before that. */
export async function openSpool(home: Home, id: string): Promise<OwnSpool> {
  Deno.mkdirSync(home.spool, { recursive: true, mode: 0o700 });
  const presence = await bePresent(presencePath(home.spool, id));
  const path = spoolPath(home, id);
  Deno.mkdirSync(path, { mode: 0o700 });
  return {
    path,
    close({ keep }) {
      if (!keep) remove(home, id);
      presence[Symbol.dispose]();
    },
  };
}

function spoolPath(home: Home, id: string): string {
  return `${home.spool}/${id}`;
}

/** The path that the names of an attempt's files begin with, in the spool of the supervisor that started it. */
export function attemptSpool(home: Home, supervisor: string, token: string): string {
  return `${spoolPath(home, supervisor)}/${token}`;
}

/** Removes the spools of supervisors that are gone and to which no running attempt writes. */
export async function sweepSpools(home: Home, store: Pick<Store, "spools">): Promise<void> {
  const candidates = presencesIn(home.spool);
  if (candidates.length === 0) return;
  const used = await store.spools();
  for (const id of candidates) {
    if (!used.has(id) && await isPresent(presencePath(home.spool, id)) === false) remove(home, id);
  }
}

/** The lock goes last: as long as it is there, others know that there may be something to remove. */
function remove(home: Home, id: string): void {
  for (const path of [spoolPath(home, id), presencePath(home.spool, id)]) {
    try {
      Deno.removeSync(path, { recursive: true });
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
}
