/**
 * @module
 * What a job takes while it runs: units of limits and of things that hosts have, by name, such as `api=2,gpu=1`. Pure.
 */
import { BadInput } from "./errors.ts";

/** The names that a limit or a thing may have. */
export const LIMIT_PATTERN = /^[A-Za-z][A-Za-z0-9._-]{0,63}$/;

/** `LIMIT_PATTERN` in words. */
export const LIMIT_NAMES = "1 to 64 of the characters A-Z a-z 0-9 . _ -, the first a letter";

/** As many units a job may take of one thing, a limit may have, or a host. */
export const MOST_UNITS = 1_000_000;

/** As many things may have units that are told apart on one host. */
export const MOST_NUMBERED = 1024;

/** As many names a job may take units of. */
const MOST_NAMES = 16;

/** Units by name. */
export type Units = ReadonlyMap<string, number>;

/**
 * What is taken, as it is stored: `api=2,gpu=1`, by name; from such text, in which `=1` may be left out, an array of such
 * texts, or an object. Null where it says that nothing is, undefined where it is no such thing.
 */
export function readUnits(value: unknown): string | null | undefined {
  const entries = entriesOf(value);
  if (entries === null) return null;
  if (!entries || entries.length === 0 || entries.length > MOST_NAMES) return undefined;
  const units = new Map<string, number>();
  for (const [name, count] of entries) {
    if (!LIMIT_PATTERN.test(name) || !isCount(count) || units.has(name)) return undefined;
    units.set(name, count);
  }
  return sayUnits(units);
}

function entriesOf(value: unknown): [string, number][] | null | undefined {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return Object.entries(value) as [string, number][];
  }
  const texts = Array.isArray(value) ? value.map(String) : typeof value === "string" ? [value] : undefined;
  if (!texts) return undefined;
  const parts = texts.flatMap((text) => text.split(",")).map((part) => part.trim());
  if (parts.length === 1 && (parts[0] === "none" || parts[0] === "default")) return null;
  return parts.map((part) => {
    const [, name, count = "1"] = /^([^=\s]+)\s*(?:=\s*(\d{1,7}))?$/.exec(part) ?? [];
    return [name ?? "", Number(count)];
  });
}

function isCount(count: unknown): count is number {
  return Number.isInteger(count) && count as number >= 1 && count as number <= MOST_UNITS;
}

/** Units as they are stored, by name. */
export function sayUnits(units: Units): string | null {
  if (units.size === 0) return null;
  return [...units].sort(([a], [b]) => a < b ? -1 : 1).map(([name, count]) => `${name}=${count}`).join(",");
}

/** Stored units. */
export function unitsOf(stored: string | null): Units {
  if (stored === null || stored === "") return new Map();
  return new Map(
    stored.split(",").map((part): [string, number] => {
      const at = part.lastIndexOf("=");
      return [part.slice(0, at), Number(part.slice(at + 1))];
    }),
  );
}

/** Stored units as JSON has them. */
export function unitsJson(stored: string | null): Readonly<Record<string, number>> | null {
  return stored === null ? null : Object.fromEntries(unitsOf(stored));
}

/** What two take together. */
export function addUnits(one: Units, other: Units): Units {
  const both = new Map(one);
  for (const [name, count] of other) both.set(name, Math.min(MOST_UNITS, count + (both.get(name) ?? 0)));
  return both;
}

/** The variable that tells a job which units of a thing are its own. */
export function unitVariable(name: string): string {
  return `QUEUECTL_${name.toUpperCase().replaceAll(/[^A-Z0-9]/g, "_")}`;
}

/**
 * The things that a worker has, from texts such as `gpu=2` and `ffmpeg`.
 * @throws {BadInput} for what is none, is said twice, or whose variable is taken
 */
export function readThings(texts: readonly string[], taken: ReadonlySet<string>): Units {
  const things = new Map<string, number>();
  for (const text of texts) {
    const [, name = "", said] = /^([^=\s]+)(?:=(\d{1,7}))?$/.exec(text.trim()) ?? [];
    const count = Number(said ?? 1);
    if (!LIMIT_PATTERN.test(name) || count < 1 || count > MOST_NUMBERED) {
      throw new BadInput(
        `Cannot use --has ${
          JSON.stringify(text)
        }: it takes NAME or NAME=N, the name ${LIMIT_NAMES}, N from 1 to ${MOST_NUMBERED}`,
      );
    }
    if (things.has(name)) throw new BadInput(`Cannot use --has twice for "${name}": say NAME=N once`);
    const variable = unitVariable(name);
    const other = [...things.keys()].find((known) => unitVariable(known) === variable);
    if (other !== undefined) {
      throw new BadInput(
        `Cannot use --has for both "${other}" and "${name}": jobs would find both in ${variable}`,
      );
    }
    if (taken.has(variable)) {
      throw new BadInput(
        `Cannot use --has "${name}": jobs would find it in ${variable}, which is queuectl's own`,
      );
    }
    things.set(name, count);
  }
  return things;
}
