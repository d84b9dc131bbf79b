/**
 * @module
 * What `queue set` takes that is about limits, and how it is said.
 */
import { formatDuration, parseDuration } from "../../../domain/duration.ts";
import { BadInput } from "../../../domain/errors.ts";
import { rateText, readRate, sayRate } from "../../../domain/limit.ts";
import { LONGEST_MS } from "../../../domain/settings.ts";
import { LIMIT_NAMES, MOST_UNITS, readUnits, unitsJson } from "../../../domain/units.ts";
import type { QueueLimits } from "../../../store/contract.ts";

/** Flags as they were typed. */
export interface RuleFlags {
  needs: readonly string[] | undefined;
  perLabel: string | undefined;
  rate: string | undefined;
  smooth: boolean;
  fair: "label" | "none" | undefined;
  aging: string | undefined;
}

/** What they change. @throws {BadInput} for what is none of it */
export function readRules({ needs, perLabel, rate, smooth, fair, aging }: RuleFlags): Partial<QueueLimits> {
  if (smooth && (rate === undefined || rate === "none")) {
    throw new BadInput("Cannot use --smooth without --rate: it says how starts are spaced");
  }
  return {
    ...needs !== undefined && { takes: readNeeds(needs) },
    ...perLabel !== undefined && { perLabel: readPerLabel(perLabel) },
    ...rate !== undefined && { rate: rate === "none" ? null : { ...readRate(rate, "--rate"), smooth } },
    ...fair !== undefined && { fair: fair === "label" },
    ...aging !== undefined && { agingMs: readAging(aging) },
  };
}

function readNeeds(texts: readonly string[]): string | null {
  const takes = readUnits(texts);
  if (takes !== undefined) return takes;
  throw new BadInput(
    `Cannot use --needs ${
      JSON.stringify(texts.join(","))
    }: it takes NAME or NAME=N, each name ${LIMIT_NAMES}, N from 1 to ${MOST_UNITS}, or none`,
  );
}

function readAging(text: string): number | null {
  if (text === "none") return null;
  const ms = parseDuration(text);
  if (ms !== undefined && ms >= 1 && ms <= LONGEST_MS) return ms;
  throw new BadInput(
    `Cannot use --aging "${text}": it takes a duration up to ${
      formatDuration(LONGEST_MS)
    }, such as 10m, or none`,
  );
}

function readPerLabel(text: string): number | null {
  if (text === "none") return null;
  const count = /^\d{1,7}$/.test(text) ? Number(text) : 0;
  if (count >= 1 && count <= MOST_UNITS) return count;
  throw new BadInput(
    `Cannot use --per-label "${text}": it takes a whole number from 1 to ${MOST_UNITS}, or none`,
  );
}

/** As JSON, what was changed. */
export function rulesJson(
  { takes, perLabel, rate, fair, agingMs }: Partial<QueueLimits>,
): Record<string, unknown> {
  return {
    ...takes !== undefined && { needs: unitsJson(takes) },
    ...perLabel !== undefined && { per_label: perLabel },
    ...rate !== undefined && { rate: rate && rateText(rate), smooth: rate?.smooth ?? false },
    ...fair !== undefined && { fair: fair ? "label" : null },
    ...agingMs !== undefined && { aging: agingMs && agingMs / 1000 },
  };
}

/** The same in sentences. */
export function sayRules(
  name: string,
  { takes, perLabel, rate, fair, agingMs }: Partial<QueueLimits>,
): string[] {
  const queue = `Queue "${name}"`;
  return [
    ...takes === undefined
      ? []
      : [takes === null ? `${queue} needs nothing` : `${queue}: each job needs ${takes}`],
    ...perLabel === undefined ? [] : [
      perLabel === null
        ? `${queue} has no limit by label`
        : `${queue} runs at most ${perLabel} of one label at a time`,
    ],
    ...rate === undefined
      ? []
      : [rate === null ? `${queue} has no rate` : `${queue} lets ${sayRate(rate)} begin`],
    ...fair === undefined
      ? []
      : [fair ? `${queue}: labels take turns` : `${queue}: jobs come by priority, then age`],
    ...agingMs === undefined ? [] : [
      agingMs === null
        ? `${queue}: priority counts, however long a job waits`
        : `${queue}: ${formatDuration(agingMs)} of waiting count as much as a step of priority`,
    ],
  ];
}
