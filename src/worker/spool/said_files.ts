/**
 * @module
 * The files by which attempts say something of themselves: `said/TOKEN.say`, `.result` and `.checkpoint` in the spool of
 * the supervisor that started them; and `.needs`, by which they are told of others. Jobs are told their names and make
 * them; for those that do not, nothing is created, read or looked for: when nobody has made or removed one, that is seen by
 * one look at the directory.
 */
import { systemClock } from "../../system/clock.ts";
import { removeFile, saidDirectory, splitSpool } from "./spool.ts";

/** What may be there of a job. */
export const SAID = ["say", "result", "checkpoint", "needs"] as const;

/** One of the files. */
export type SaidKind = typeof SAID[number];

/** Where an attempt finds a file. */
export function saidPath(spool: string, kind: SaidKind): string {
  const { directory, token } = splitSpool(spool);
  return `${saidDirectory(directory)}/${token}.${kind}`;
}

/** The variables that tell a job where its files are. */
export function saidVariables(spool: string): Record<`QUEUECTL_${"SAY" | "RESULT" | "CHECKPOINT"}`, string> {
  return {
    QUEUECTL_SAY: saidPath(spool, "say"),
    QUEUECTL_RESULT: saidPath(spool, "result"),
    QUEUECTL_CHECKPOINT: saidPath(spool, "checkpoint"),
  };
}

/** Gives an attempt that is about to begin what it is to find: what an earlier one of its job, or others, have left. */
export function writeSaid(spool: string, kind: "checkpoint" | "needs", bytes: Uint8Array): void {
  Deno.mkdirSync(saidDirectory(splitSpool(spool).directory), { recursive: true, mode: 0o700 });
  Deno.writeFileSync(saidPath(spool, kind), bytes, { mode: 0o600 });
}

/** Removes what an attempt left. */
export function removeSaid(spool: string): void {
  for (const kind of SAID) removeFile(saidPath(spool, kind));
}

/** A directory whose last change is as old as this when it is read is certain to show later changes by its time. */
const SETTLED_MS = 100;

interface Listing {
  /** When the directory was changed last, before it was read. */
  changedAt: number;
  /** Whether that was long before it was read. */
  settled: boolean;
  kinds: Map<string, Set<SaidKind>>;
}

const NONE: ReadonlySet<SaidKind> = new Set();

/** Knows which attempts have left which files. */
export class SaidFiles {
  readonly #listings = new Map<string, Listing>();

  /** What an attempt has left. */
  of(spool: string): ReadonlySet<SaidKind> {
    const { directory, token } = splitSpool(spool);
    return this.#list(saidDirectory(directory))?.kinds.get(token) ?? NONE;
  }

  #list(directory: string): Listing | undefined {
    const known = this.#listings.get(directory);
    let changedAt: number;
    try {
      changedAt = Deno.statSync(directory).mtime?.getTime() ?? 0;
      if (known?.settled && known.changedAt === changedAt) return known;
      const settled = Math.abs(systemClock.now() - changedAt) > SETTLED_MS;
      const listing = { changedAt, settled, kinds: kindsIn(directory) };
      this.#listings.set(directory, listing);
      return listing;
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return undefined; // of an older version, or removed
      throw error;
    }
  }
}

function kindsIn(directory: string): Map<string, Set<SaidKind>> {
  const kinds = new Map<string, Set<SaidKind>>();
  for (const { name } of Deno.readDirSync(directory)) {
    const [token = "", kind] = name.split(".");
    if (!SAID.includes(kind as SaidKind)) continue;
    const found = kinds.get(token);
    if (found) found.add(kind as SaidKind);
    else kinds.set(token, new Set([kind as SaidKind]));
  }
  return kinds;
}
