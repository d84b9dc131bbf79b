/**
 * @module
 * Reading what can be read of a damaged table. A failing range of keys is halved until single keys are given up, so
 * that every row on an undamaged page is found. There is a bound on how often reading may fail: past it, ranges are
 * given up as they are, so that a table with millions of unreadable rows takes seconds, not hours, and what lies
 * outside of them is still read. Knows no tables.
 */

/** Keys, both ends included. */
export interface KeyRange {
  /** The first. */
  from: number;
  to: number;
}

/** How many keys are read at a time. */
const STEP = 256;

/** How often reading one table may fail before nothing is halved any more. A failure takes some 20 µs. */
export const MOST_FAILURES = 100_000;

export interface Walk<Row> {
  range: KeyRange;
  /** The rows of a range. @throws when one of them cannot be read */
  read(range: KeyRange): Row[];
  /** The lowest key from `key` on, or undefined. @throws when it cannot be read */
  next(key: number): number | undefined;
  /** Gets the rows, range by range. */
  take(rows: Row[]): void;
  /** Default `MOST_FAILURES`. */
  mostFailures?: number;
}

/** Reads what can be read, and returns the ranges of keys that could not: in order, those that touch as one. */
export function walkTable<Row>(walk: Walk<Row>): KeyRange[] {
  const { range: { from, to }, mostFailures = MOST_FAILURES } = walk;
  const lost: KeyRange[] = [];
  let failures = 0;
  const readRange = (range: KeyRange): void => {
    const rows = attempt(() => walk.read(range));
    if (rows) return walk.take(rows);
    failures += 1;
    if (range.from === range.to || failures > mostFailures) return addTo(lost, range);
    const middle = Math.floor((range.from + range.to) / 2);
    readRange({ from: range.from, to: middle });
    readRange({ from: middle + 1, to: range.to });
  };
  for (let at = from; at <= to; at += STEP) {
    // keys that were deleted long ago are stepped over, where that can be known
    const next = attempt(() => walk.next(at) ?? to + 1) ?? at;
    if (next > to) break;
    at = Math.max(at, next);
    readRange({ from: at, to: Math.min(at + STEP - 1, to) });
  }
  return lost;
}

/** Reads a table without numbers for keys from both ends, up to what cannot be read. Returns whether all could. */
export function walkFromEnds<Row>(
  read: (part: { backwards: boolean; offset: number; limit: number }) => Row[],
  take: (rows: Row[]) => void,
): boolean {
  const walk = (backwards: boolean): boolean => {
    for (let offset = 0, limit = STEP; limit > 0;) {
      const rows = attempt(() => read({ backwards, offset, limit }));
      if (rows) {
        take(rows);
        if (rows.length < limit) return true;
        offset += limit;
      } else limit = Math.floor(limit / 2);
    }
    return false;
  };
  return walk(false) || walk(true) && false;
}

function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

function addTo(ranges: KeyRange[], range: KeyRange): void {
  const last = ranges.at(-1);
  if (last && last.to + 1 === range.from) last.to = range.to;
  else ranges.push({ ...range });
}
