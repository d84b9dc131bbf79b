/**
 * @module
 * Copying everything from one store to another, of whatever kinds. Invariants: the source is only read; the target lets
 * nobody in until all of it is there and was compared; whoever does it again goes on where it was broken off.
 */
import { Refused } from "../domain/errors.ts";
import type { Clock } from "../system/clock.ts";
import type { Home } from "../system/home.ts";
import { shownStore } from "./choice.ts";
import type { Store } from "./contract.ts";
import { LOCAL, type Meant } from "./meant.ts";
import { openStore } from "./open.ts";
import {
  COPIED,
  type CopiedFigures,
  type CopiedTable,
  type Copyable,
  type CopyMark,
  type CopyTarget,
  type Plain,
  type Row,
} from "./rules/copied.ts";

/** What to copy. */
export interface CopyOptions {
  home: Home;
  from: Meant;
  to: Meant;
  clock: Clock;
  /** Throw away what an earlier copy has brought. */
  anew: boolean;
  /** Hears how far it has come. */
  onProgress?(progress: CopyProgress): void;
}

/** How far it has come with a table. */
export interface CopyProgress {
  /** It is being compared; else copied. */
  compares: boolean;
  what: string;
  done: number;
  of: number;
}

/** What was copied. */
export interface Copied {
  from: string;
  to: string;
  /** It went on where one before was broken off. */
  resumed: boolean;
  tables: { name: string; what: string; rows: number }[];
}

/** Copies everything. @throws {Refused} when one of them is in use, or the target holds something else */
export async function copyStore(options: CopyOptions): Promise<Copied> {
  const { home, from, to, anew } = options;
  const names = { from: shownFor(home, from), to: shownFor(home, to) };
  if (names.from === names.to) throw new Refused(`Cannot copy "${names.from}" to itself`);
  const store = await openStore(home, { create: false, upgrade: false, meant: from });
  try {
    await requireQuiet(store, names.from, options);
    const source = await sourceOf(home, from);
    const target = await targetOf(home, to);
    try {
      const mark: CopyMark = { from: names.from, run: crypto.randomUUID(), stale: false };
      const begun = await begin(target, { source, names, mark, anew, options });
      if (begun === "done") {
        const tables = [];
        for (const table of COPIED) {
          tables.push({ name: table.name, what: table.what, rows: await source.count(table) });
        }
        return { ...names, resumed: true, tables };
      }
      const resumed = begun === "resumed";
      const tables = [];
      for (const table of COPIED) {
        await checkColumns(table, source, target);
        const rows = await copyTable(table, { source, target, mark, options });
        tables.push({ name: table.name, what: table.what, rows });
      }
      for (const table of COPIED) await compareTable(table, { source, target, mark, options });
      await requireQuiet(store, names.from, options);
      await target.finish(await figuresOf(store), await source.numbers(), mark);
      return { ...names, resumed, tables };
    } finally {
      source.close();
      target.close();
    }
  } finally {
    store.close();
  }
}

/** Also tells the homes of local stores apart. */
function shownFor(home: Home, meant: Meant): string {
  return meant.address === undefined ? `${LOCAL} (${home.dir})` : shownStore(meant);
}

async function sourceOf(home: Home, { address }: Meant): Promise<Copyable> {
  if (address === undefined) return await (await import("./sqlite/copying.ts")).openSource(home);
  return (await import("./postgres/copying.ts")).openSource(address);
}

async function targetOf(home: Home, { address }: Meant): Promise<CopyTarget> {
  if (address === undefined) return await (await import("./sqlite/copying.ts")).openTarget(home);
  return await (await import("./postgres/copying.ts")).openTarget(address);
}

/** What runs would end in a store that nobody looks at any more. */
async function requireQuiet(store: Store, name: string, { clock }: CopyOptions): Promise<void> {
  const now = clock.now();
  const living = (await store.workers()).filter(({ leaseUntil, present }) => present ?? leaseUntil > now);
  if (living.length > 0) {
    const who = living.length === 1 ? `worker ${living[0]!.id} is` : `${living.length} workers are`;
    throw new Refused(`Cannot copy "${name}" while ${who} there: queuectl worker stop --wait first`);
  }
  const { counts: { processing } } = await store.summary(0);
  if (processing > 0) {
    const jobs = processing === 1 ? "a job runs" : `${processing} jobs run`;
    throw new Refused(
      `Cannot copy "${name}" while ${jobs}: start a worker there, which sees to it, and stop it then`,
    );
  }
}

interface Beginning {
  source: Copyable;
  names: { from: string; to: string };
  mark: CopyMark;
  anew: boolean;
  options: CopyOptions;
}

/** Makes sure that nobody's jobs are overwritten. Whoever was killed right after the last step finds it done. */
async function begin(
  target: CopyTarget,
  { source, names, mark, anew, options }: Beginning,
): Promise<"new" | "resumed" | "done"> {
  const before = await target.mark();
  if (before === undefined) {
    if (!await target.isEmpty()) {
      if (await isSameStore(source, target, options)) return "done";
      throw new Refused(`Cannot copy to "${names.to}": it is not empty; copy to one that is`);
    }
    await target.setMark(mark);
    return "new";
  }
  if (!anew && before.from !== mark.from) {
    throw new Refused(
      `Cannot copy to "${names.to}": it holds a part of a copy of "${before.from}"; with --anew it is thrown away`,
    );
  }
  await target.setMark({ ...mark, stale: before.stale || anew });
  if (!anew && !before.stale) return "resumed";
  await target.wipe(mark);
  return "new";
}

/** What one of them has and the other has not would be lost. */
async function checkColumns(table: CopiedTable, source: Copyable, target: Copyable): Promise<void> {
  const theirs = await target.columns(table);
  const lost = (await source.columns(table)).filter((column) => !theirs.includes(column));
  if (lost.length > 0) throw new Error(`${lost.join(", ")} of ${table.name} would not be copied`);
}

interface Under {
  source: Copyable;
  target: CopyTarget;
  mark: CopyMark;
  options: CopyOptions;
}

async function copyTable(
  table: CopiedTable,
  { source, target, mark, options: { onProgress } }: Under,
): Promise<number> {
  const of = await source.count(table);
  let done = await target.count(table);
  let after = await target.lastKey(table);
  while (true) {
    onProgress?.({ compares: false, what: table.what, done, of });
    const rows = await source.rows(table, after);
    if (rows.length === 0) return done;
    await target.put(table, rows, mark);
    after = keyOf(table, rows.at(-1)!);
    done += rows.length;
  }
}

async function compareTable(table: CopiedTable, { source, target, mark, options }: Under): Promise<void> {
  if (await isSameTable(table, { source, target, options })) return;
  await target.setMark({ ...mark, stale: true });
  throw new Refused(
    `Cannot finish the copy: ${table.what} of "${mark.from}" changed meanwhile; see that nobody uses it, and copy again`,
  );
}

async function isSameTable(
  table: CopiedTable,
  { source, target, options: { onProgress } }: Pick<Under, "source" | "options"> & { target: Copyable },
): Promise<boolean> {
  const of = await source.count(table);
  let after: readonly Plain[] | undefined;
  for (let done = 0;;) {
    onProgress?.({ compares: true, what: table.what, done, of });
    const [theirs, ours] = await Promise.all([source.rows(table, after), target.rows(table, after)]);
    const columns = Object.keys(ours[0] ?? theirs[0] ?? {});
    if (theirs.length !== ours.length || theirs.some((row, at) => !isSame(row, ours[at]!, columns))) {
      return false;
    }
    if (theirs.length === 0) return true;
    after = keyOf(table, theirs.at(-1)!);
    done += theirs.length;
  }
}

async function isSameStore(source: Copyable, target: Copyable, options: CopyOptions): Promise<boolean> {
  for (const table of COPIED) {
    if (await source.count(table) !== await target.count(table)) return false;
  }
  for (const table of COPIED) {
    if (!await isSameTable(table, { source, target, options })) return false;
  }
  return true;
}

function keyOf({ key }: CopiedTable, row: Row): Plain[] {
  return key.map((column) => row[column]!);
}

function isSame(one: Row, other: Row, columns: readonly string[]): boolean {
  return columns.every((column) => {
    const [a, b] = [one[column] ?? null, other[column] ?? null];
    if (!(a instanceof Uint8Array) || !(b instanceof Uint8Array)) return a === b;
    return a.length === b.length && a.every((byte, at) => byte === b[at]);
  });
}

async function figuresOf(store: Store): Promise<CopiedFigures> {
  const all = [];
  for (const span of ["minute", "hour", "total"] as const) {
    all.push({
      span,
      overall: await store.figures({ span, queue: null }),
      queues: await store.figures({ span }),
    });
  }
  return all;
}
