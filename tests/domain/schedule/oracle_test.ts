/**
 * @module
 * The times of cron patterns against an oracle that looks at each minute of days round which clocks are put forward or
 * back: a time that is skipped comes when the gap is over, one that is shown twice comes once; what has a star or a step
 * goes by real time.
 */
import assert from "node:assert/strict";
import { nextSlots, slotsOf } from "../../../src/domain/schedule/expression.ts";

const MINUTE = 60_000;

/** Zones, with days in which their clocks change, both ways. */
const CHANGES: readonly [zone: string, from: string][] = [
  ["Europe/Berlin", "2026-03-27"],
  ["Europe/Berlin", "2026-10-23"],
  ["America/New_York", "2026-03-06"],
  ["America/New_York", "2026-10-30"],
  ["Australia/Lord_Howe", "2026-10-02"], // by half an hour
  ["Australia/Lord_Howe", "2026-04-03"],
  ["Africa/Cairo", "2026-04-22"], // at midnight
  ["Africa/Cairo", "2026-10-28"],
  ["America/Santiago", "2026-09-04"],
  ["America/Santiago", "2026-04-03"],
  ["Asia/Beirut", "2026-03-27"], // at midnight
  ["Europe/Dublin", "2026-03-27"],
];
const DAYS = 4;
const EACH = 20;

/** A minute by the clock of a zone. */
interface Minute {
  at: number;
  /** As if it were UTC, in minutes. */
  local: number;
}

function minutesOf(zone: string, from: number): Minute[] {
  const format = new Intl.DateTimeFormat("en-US", {
    ...{ timeZone: zone, hourCycle: "h23", year: "numeric", month: "numeric", day: "numeric" },
    ...{ hour: "numeric", minute: "numeric" },
  });
  return Array.from({ length: DAYS * 1440 }, (_, n) => {
    const at = from + n * MINUTE;
    const of = Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, Number(value)]));
    return { at, local: Date.UTC(of.year!, of.month! - 1, of.day!, of.hour!, of.minute!) / MINUTE };
  });
}

/** A pattern with what its fields take. */
interface Case {
  text: string;
  fixed: boolean;
  takes(local: number): boolean;
}

/** What the oracle says, in ms since the epoch. */
function expected(minutes: readonly Minute[], { fixed, takes }: Case): number[] {
  if (!fixed) return minutes.filter(({ local }) => takes(local)).map(({ at }) => at);
  const times = new Set<number>();
  const shown = new Set<number>();
  let latest = minutes[0]!.local - 1;
  for (const { at, local } of minutes) {
    for (let skipped = latest + 1; skipped < local; skipped += 1) if (takes(skipped)) times.add(at);
    if (!shown.has(local) && takes(local)) times.add(at);
    shown.add(local);
    latest = Math.max(latest, local);
  }
  return [...times].sort((a, b) => a - b);
}

/** Numbers that are the same each time. */
function random(seed: number): (below: number) => number {
  return (below) => {
    seed = Math.imul(seed ^ seed >>> 15, 0x2c1b3c6d) + 0x9e3779b9 | 0;
    return ((seed ^ seed >>> 13) >>> 0) % below;
  };
}

function pattern(pick: (below: number) => number): Case {
  const some = (from: number, to: number) => {
    const n = 1 + pick(3);
    return [...new Set(Array.from({ length: n }, () => from + pick(to - from + 1)))].sort((a, b) => a - b);
  };
  const field = (most: number, near: number): { text: string; takes: (n: number) => boolean } => {
    switch (pick(5)) {
      case 0:
        return { text: "*", takes: () => true };
      case 1: {
        const step = 2 + pick(Math.floor(most / 2));
        return { text: `*/${step}`, takes: (n) => n % step === 0 };
      }
      case 2: {
        const from = pick(near);
        const to = Math.min(most, from + pick(4));
        return { text: `${from}-${to}`, takes: (n) => n >= from && n <= to };
      }
      default: {
        const values = some(0, pick(3) === 0 ? most : near);
        return { text: values.join(","), takes: (n) => values.includes(n) };
      }
    }
  };
  const minute = field(59, 59);
  const hour = field(23, 3);
  const days = pick(4) === 0 ? some(0, 6) : undefined;
  return {
    text: `${minute.text} ${hour.text} * * ${days?.join(",") ?? "*"}`,
    fixed: !/[*/]/.test(minute.text + hour.text),
    takes(local) {
      const time = new Date(local * MINUTE);
      return minute.takes(time.getUTCMinutes()) && hour.takes(time.getUTCHours()) &&
        (days?.includes(time.getUTCDay()) ?? true);
    },
  };
}

for (const [zone, day] of CHANGES) {
  Deno.test(`${EACH} patterns come in ${zone} from ${day} on when the oracle says, forwards and backwards`, () => {
    const from = Date.parse(`${day}T00:00:00Z`);
    const minutes = minutesOf(zone, from);
    const end = minutes.at(-1)!.at;
    const pick = random(from / 1000 + zone.length);
    for (let n = 0; n < EACH; n += 1) {
      const one = pattern(pick);
      const wanted = expected(minutes, one);
      const slots = slotsOf({ expression: one.text, zone, since: 0 });
      const found = nextSlots(slots, from - 1, wanted.length + 1).filter((at) => at <= end);
      assert.deepEqual(found.map(said), wanted.map(said), one.text);
      const last = wanted.slice(-20);
      assert.deepEqual(slots.previous(end + 1, last.length).reverse().map(said), last.map(said), one.text);
    }
  });
}

function said(at: number): string {
  return new Date(at).toISOString();
}
