/**
 * @module
 * Many schedules from one text: JSON objects, one a line, or a JSON array of them. Pure.
 */
import { inPlace } from "../bulk.ts";
import { BadInput, UserError } from "../errors.ts";
import { parseJson } from "../json_fault.ts";
import type { JobDefaults } from "../spec.ts";
import { completeSchedule, readScheduleFields, type ScheduleSpec } from "./spec.ts";

/** The schedules of a text. @throws {BadInput} for the first that is wrong; it names the line and `source` */
export function schedulesFromText(
  text: string,
  { source, defaults }: { source: string; defaults: JobDefaults },
): ScheduleSpec[] {
  const names = new Set<string>();
  return valuesIn(text, source).map(({ value, place }) =>
    located({ source, place }, () => {
      const read = value();
      if (typeof read !== "object" || read === null || Array.isArray(read)) {
        throw new BadInput(
          'Cannot read a schedule: it takes an object such as {"name": "a", "expression": "@daily", …}',
        );
      }
      const spec = completeSchedule(readScheduleFields(read as Record<string, unknown>, defaults), {
        now: defaults.now,
      });
      if (names.has(spec.name)) throw new BadInput(`Cannot use the name "${spec.name}" twice in a file`);
      names.add(spec.name);
      return spec;
    })
  );
}

interface Located {
  place: string;
  value(): unknown;
}

function valuesIn(text: string, source: string): Located[] {
  if (/^\s*\[/.test(text)) {
    const values = located({ source }, () => parseJson(text)) as unknown[];
    return values.map((value, n) => ({ place: `item ${n + 1}`, value: () => value }));
  }
  return text.split("\n").flatMap((line, n): Located[] =>
    /^\s*(?:#|$)/.test(line) ? [] : [{ place: `line ${n + 1}`, value: () => parseJson(line) }]
  );
}

function located<T>(at: { source: string; place?: string }, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw error instanceof UserError ? inPlace(error, at) : error;
  }
}
