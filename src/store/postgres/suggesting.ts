/**
 * @module
 * Ids and labels that begin in some way, for whoever is typing one. It takes milliseconds however many jobs there are:
 * of very many only the newest are looked at, and those that the first characters tell where to find.
 */
import type { JobHint, Suggestible } from "../contract.ts";
import { idOf } from "../rules/jobs.ts";
import type { Database } from "./engine/database.ts";
import { JOBS, STATE } from "./rows.ts";

/** As many jobs are looked at in one place. */
const LOOK = 2_000;
/** More of a command is not shown. */
const EXCERPT = 200;
/** As many numbers follow the first digits of an id, at most. */
const MOST_DIGITS = 15;

/** What runs, and the newest of each queue and state; with the first digits or characters, what begins so. */
const SUGGEST = `
  WITH sections AS (
    SELECT c.queue, c.state FROM queuectl.counts c WHERE c.state = ANY ($1::text[]) GROUP BY 1, 2 HAVING sum(c.n) > 0
    LIMIT 100),
  found AS (
    (SELECT job AS seq FROM queuectl.running LIMIT 500)
    UNION
    (SELECT seq FROM queuectl.jobs ORDER BY seq DESC LIMIT 500)
    UNION
    SELECT f.seq FROM sections s CROSS JOIN LATERAL (
      SELECT o.seq FROM queuectl.jobs o WHERE o.queue = s.queue AND o.state = s.state
      ORDER BY o.seq DESC LIMIT ${LOOK} / (SELECT count(*) FROM sections)) f
    UNION
    SELECT f.seq FROM unnest($3::bigint[], $4::bigint[]) AS range (first, beyond) CROSS JOIN LATERAL (
      SELECT o.seq FROM queuectl.jobs o WHERE o.seq >= range.first AND o.seq < range.beyond
      ORDER BY o.seq DESC LIMIT ${LOOK}) f
    UNION
    (SELECT seq FROM queuectl.jobs WHERE name >= $5::text AND name < $6::text ORDER BY name LIMIT ${LOOK}))
  SELECT j.seq, j.name, left(j.command, ${EXCERPT}) AS command FROM ${JOBS}
  WHERE j.seq IN (SELECT seq FROM found) AND ${STATE} = ANY ($1::text[]) AND ($2::boolean IS NULL OR j.held = $2)
    AND starts_with(coalesce(j.name, 'j' || j.seq), $7::text)
  ORDER BY j.seq DESC LIMIT $8`;

/** The jobs whose ids begin so, the newest first. */
export async function suggestJobs(
  db: Database,
  { states, held, prefix, limit }: Suggestible,
): Promise<JobHint[]> {
  const ranges = numbersFrom(prefix);
  const rows = await db.read<{ seq: number; name: string | null; command: string }>(
    SUGGEST,
    states,
    held ?? null,
    ranges.map(([first]) => first),
    ranges.map(([, beyond]) => beyond),
    prefix === "" ? null : prefix,
    `${prefix}\u{10ffff}`,
    prefix,
    limit,
  );
  return rows.map(({ command, ...row }) => ({ id: idOf(row), command }));
}

/** The numbers that begin with the digits of an id. */
function numbersFrom(prefix: string): [first: number, beyond: number][] {
  const [, digits] = /^j([1-9]\d*)$/.exec(prefix) ?? [];
  if (digits === undefined || digits.length >= MOST_DIGITS) return [];
  return Array.from({ length: MOST_DIGITS - digits.length + 1 }, (_, more) => {
    const size = 10 ** more;
    return [Number(digits) * size, (Number(digits) + 1) * size];
  });
}

/** One look into the index for each. */
const LABELS = `
  WITH RECURSIVE found (label) AS (
    (SELECT j.label FROM queuectl.jobs j WHERE j.label >= $1 ORDER BY j.label LIMIT 1)
    UNION ALL
    SELECT (SELECT j.label FROM queuectl.jobs j WHERE j.label > found.label ORDER BY j.label LIMIT 1)
    FROM found WHERE starts_with(found.label, $1))
  SELECT label FROM found WHERE starts_with(label, $1) LIMIT $2`;

/** The labels that begin so, in order. */
export async function labels(db: Database, prefix: string, limit: number): Promise<string[]> {
  return (await db.read<{ label: string }>(LABELS, prefix, limit)).map(({ label }) => label);
}

const COUNT_LABELS = `
  SELECT (SELECT count(*)::int FROM (SELECT FROM queuectl.jobs j WHERE j.label = l.label LIMIT $2) found) AS n
  FROM unnest($1::text[]) WITH ORDINALITY l (label, place) ORDER BY place`;

/** How many jobs have each, from the index alone. */
export async function countLabels(db: Database, labels: readonly string[], limit: number): Promise<number[]> {
  return (await db.read<{ n: number }>(COUNT_LABELS, labels, limit)).map(({ n }) => n);
}
