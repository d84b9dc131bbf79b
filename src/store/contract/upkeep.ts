/**
 * @module
 * Settings of a store, and care for the store itself.
 */

/** Settings, as the text a user would type for each. What they mean is in `settings.ts`. */
export interface SettingStore {
  /** Every setting that was set, by key. */
  settings(): Promise<Map<string, string>>;
  /** Sets keys, or removes them where the value is null. */
  changeSettings(changes: ReadonlyMap<string, string | null>): Promise<void>;
}

/** Care for the store itself, as every store takes it. */
export interface Upkeep {
  /**
   * Removes some jobs that ended longer ago than they are kept, with their attempts and output, the oldest first: at most
   * `limit`, and as many as take moments. Of very many that are to be kept, some are stepped over.
   */
  prune(kept: Kept, step: PruneStep): Promise<Pruned>;
  /**
   * Goes on for a moment with what processes that died had begun: very many jobs that were being enqueued are stored,
   * all of them or none. Returns whether there is more to do.
   */
  recover(): Promise<boolean>;
  /**
   * Finds out what some dead jobs died of. It is known as they are settled, or moments later; of those that an older program
   * settled, or that came by a copy, it is to be found out: `recover` does it, too. Returns whether there is more to do.
   */
  nameDead(): Promise<boolean>;
  /** Counts and figures against a recount. Returns what differs, a sentence each. */
  recount(): Promise<string[]>;
  /** What there is to know about the store. */
  info(): Promise<StoreInfo>;
}

/** How long jobs are kept once they have ended. */
export interface Kept {
  /** Completed and cancelled ones, in ms; null is for ever. */
  endedMs: number | null;
  /** Dead ones. */
  deadMs: number | null;
  /** Queues that say otherwise are heeded. */
  ofQueues: boolean;
}

/** A step of pruning. */
export interface PruneStep {
  /** In ms since the epoch. */
  now: number;
  /** Jobs to be removed, at most. */
  limit: number;
  /** Where the step before came to; left out is from the oldest on. */
  after?: string;
}

/** What a step of pruning did. */
export interface Pruned {
  /** How many jobs it removed. */
  pruned: number;
  /** Where to go on; null when nothing is left. */
  after: string | null;
}

/** What there is to know about a store. */
export interface StoreInfo {
  /** Such as `SQLite 3.53.2`. */
  engine: string;
  /** How many migrations it has taken. */
  schemaVersion: number;
  /** Bytes on disk. */
  size: number;
  /** Bytes of the log beside it. */
  logSize: number;
  /** What is known against how it is run, each with what to do about it; empty when nothing is. */
  doubts: readonly Doubt[];
}

/** Something that speaks against how a store is run. */
export interface Doubt {
  /** Such as `SQLite 3.50.0 can …`. */
  found: string;
  /** What to do about it. */
  advice: string;
}

/**
 * What only some stores do: each part is there or left out, and whoever wants it asks. What a store leaves out is a
 * task of the tools that come with its engine.
 */
export interface Care {
  /**
   * Writes a consistent copy to a new file, which is there once it is whole; however much others write meanwhile.
   * @throws {Refused} when the file exists, or `signal` aborts
   */
  backup?(path: string, signal?: AbortSignal): Promise<void>;
  /** Looks for damage. Returns what is wrong, a sentence each, empty when all is well; undefined where it cannot look. */
  check?(): Promise<string[] | undefined>;
}

/** What can be done for a store that cannot be opened any more. Nothing of it is changed. */
export interface Rescue {
  /** How many of about how many jobs can be read; undefined when that cannot be told quickly. */
  survey(): { readable: number; of: number } | undefined;
  /**
   * Writes what can be read to a new file, which can take the place of the damaged one.
   * @throws {Refused} when the file exists or cannot be made
   * @throws {StoreDamaged} when nothing can be read
   */
  salvage(path: string): Promise<SalvagedPart[]>;
}

/** What could be saved of one kind of things. */
export interface SalvagedPart {
  /** For programs. */
  key: string;
  /** For people, in the plural. */
  name: string;
  /** How many are in the new file. */
  saved: number;
  /** How many were there and are not in the new file; null when nobody can tell. */
  lost: number | null;
}
