/**
 * @module
 * Ids and labels that begin in some way, for whoever is typing one. It takes milliseconds however many jobs there are:
 * of very many only the newest are looked at, and those that the first characters tell where to find.
 */
import type { JobHint, Suggestible } from "../contract.ts";
import { idOf } from "../rules/jobs.ts";
import type { Section } from "./counts.ts";
import type { Database } from "./engine/database.ts";
import { sqlList } from "./words.ts";

/** As many jobs are looked at in one place. */
const LOOK = 2_000;
/** So many sections are looked into; of more, the newest jobs of all. */
const MOST_SECTIONS = 100;
/** More of a command is not shown. */
const EXCERPT = 200;
/** As many numbers follow the first digits of an id, at most. */
const MOST_DIGITS = 15;

interface Row {
  seq: number;
  name: string | null;
  command: string;
}

/** The jobs whose ids begin so, the newest first. */
export function suggestJobs(db: Database, { states, held, prefix, limit }: Suggestible): JobHint[] {
  const meant = `state IN ${sqlList(states)}${held === undefined ? "" : ` AND held = ${held ? 1 : 0}`}`;
  const found = new Map<string, number>();
  const commands = new Map<string, string>();
  const look = (where: string, values: (string | number)[], most = LOOK) => {
    const sql = `
      SELECT seq, name, substr(command, 1, ${EXCERPT}) AS command FROM (
        SELECT seq, name, command, state, held FROM jobs ${where} LIMIT ${most}) WHERE ${meant}`;
    for (const row of db.all<Row>(sql, ...values)) {
      const id = idOf(row);
      if (!id.startsWith(prefix)) continue;
      found.set(id, row.seq);
      commands.set(id, row.command);
    }
  };
  if (states.includes("processing")) {
    look("WHERE seq IN (SELECT job FROM attempts WHERE finished_at IS NULL LIMIT 500)", []);
  }
  const sections = db.all<Section>(
    `SELECT queue, state FROM counts WHERE n > 0 AND state IN ${sqlList(states)} LIMIT ${MOST_SECTIONS + 1}`,
  );
  if (sections.length > MOST_SECTIONS) look("ORDER BY seq DESC", []);
  else {
    const most = Math.ceil(LOOK / Math.max(1, sections.length));
    for (const { queue, state } of sections) {
      look("INDEXED BY by_state WHERE queue = ? AND state = ? ORDER BY seq DESC", [queue, state], most);
    }
  }
  const [, digits] = /^j([1-9]\d*)$/.exec(prefix) ?? [];
  if (digits !== undefined) {
    const last = db.get<{ seq: number | null }>("SELECT max(seq) AS seq FROM jobs")!.seq ?? 0;
    for (
      let first = Number(digits), size = 1;
      first <= last && digits.length < MOST_DIGITS;
      first *= 10, size *= 10
    ) {
      look("WHERE seq >= ? AND seq < ? ORDER BY seq DESC", [first, first + size]);
    }
  } else if (prefix !== "") {
    look("INDEXED BY by_name WHERE name >= ? AND name < ? ORDER BY name", [prefix, after(prefix)]);
  }
  return [...found].sort((a, b) => b[1] - a[1]).slice(0, limit)
    .map(([id]) => ({ id, command: commands.get(id)! }));
}

/** The labels that begin so, in order: one look into the index for each. */
export function labels(db: Database, prefix: string, limit: number): string[] {
  const found: string[] = [];
  let next = db.get<{ label: string }>(
    "SELECT label FROM jobs WHERE label >= ? ORDER BY label LIMIT 1",
    prefix,
  );
  while (next?.label.startsWith(prefix) && found.length < limit) {
    found.push(next.label);
    next = db.get<{ label: string }>(
      "SELECT label FROM jobs WHERE label > ? ORDER BY label LIMIT 1",
      next.label,
    );
  }
  return found;
}

/** How many jobs have each, from the index alone. */
export function countLabels(db: Database, labels: readonly string[], limit: number): number[] {
  const sql = "SELECT count(*) AS n FROM (SELECT 1 FROM jobs INDEXED BY by_label WHERE label = ? LIMIT ?)";
  return labels.map((label) => db.get<{ n: number }>(sql, label, limit)!.n);
}

/** What comes after all texts that begin with a prefix. */
function after(prefix: string): string {
  return `${prefix}\u{10ffff}`;
}
