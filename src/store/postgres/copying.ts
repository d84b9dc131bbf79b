/**
 * @module
 * A store in PostgreSQL as one end of a copy. While it is copied to, no program that knows its schema opens it, since it
 * looks as if a newer one had written it.
 */
import { Refused } from "../../domain/errors.ts";
import type { FigureRow } from "../contract.ts";
import {
  BEING_COPIED,
  type CopiedFigures,
  type CopiedTable,
  type CopyMark,
  type CopyTarget,
  MARK,
  type Numbers,
  type Plain,
  type Row,
} from "../rules/copied.ts";
import { COPIED } from "../rules/copied.ts";
import { readAddress } from "./engine/address.ts";
import { Database, type Transaction } from "./engine/database.ts";
import type { Value } from "./engine/driver.ts";
import { putFigures } from "./figures.ts";
import { addUpGroups } from "./groups.ts";
import { STEPS } from "./migrations/index.ts";
import { migrate, oldestOf } from "./migrations.ts";
import { checkVersion, versionOf } from "./version.ts";

/** A store that is there. What is noted of its groups is added up: only that is copied. */
export async function openSource(address: string): Promise<PostgresCopy> {
  const db = new Database(readAddress(address));
  try {
    while (await db.get("SELECT 1 FROM queuectl.group_changes LIMIT 1")) await addUpGroups(db);
  } catch (error) {
    db.close();
    throw error;
  }
  return new PostgresCopy(db);
}

/** A store that may not be there yet, or that is being copied to. */
export async function openTarget(address: string): Promise<PostgresCopy> {
  const db = new Database(readAddress(address));
  try {
    const { schema, shown } = db.address;
    const version = await versionOf({ all: (sql, ...values) => db.read(sql, ...values) }, schema);
    if (version?.oldest !== BEING_COPIED) {
      if (version) checkVersion(version, shown);
      await migrate(db);
    }
    return new PostgresCopy(db);
  } catch (error) {
    db.close();
    throw error;
  }
}

/** A column and its type. */
interface Column {
  name: string;
  type: string;
}

const COLUMNS = `
  SELECT a.attname AS name, format_type(a.atttypid, a.atttypmod) AS type FROM pg_attribute a
  JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE n.nspname = $1 AND c.relname = $2 AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum`;
/** Figures and tallies besides what is copied. */
const EMPTIES = [...COPIED.map(({ name }) => name), "figures", "tallies", "supervisors"];
const WIPED = [
  ...COPIED.map(({ name }) => name),
  "figures",
  "tallies",
  "ready",
  "counts",
  "emptied",
  "group_changes",
  "sublanes",
  "gate_starts",
  "gate_returns",
  "gates",
];

class PostgresCopy implements CopyTarget {
  readonly #db: Database;
  readonly #columns = new Map<string, Column[]>();

  constructor(db: Database) {
    this.#db = db;
  }

  close(): void {
    this.#db.close();
  }

  async columns(table: CopiedTable): Promise<string[]> {
    return (await this.#columnsOf(table)).map(({ name }) => name);
  }

  async #columnsOf({ name, left }: CopiedTable): Promise<Column[]> {
    let columns = this.#columns.get(name);
    if (!columns) {
      const all = await this.#db.read<Column>(COLUMNS, this.#db.address.schema, name);
      this.#columns.set(name, columns = all.filter((one) => !left.includes(one.name)));
    }
    return columns;
  }

  async rows(table: CopiedTable, after: readonly Plain[] | undefined): Promise<Row[]> {
    const { name, key, atOnce } = table;
    const columns = (await this.#columnsOf(table)).map(({ name, type }) =>
      `${read(name, type)} AS "${name}"`
    );
    const where = [
      ...(name === "settings" ? [`key <> '${MARK}'`] : []),
      ...(after === undefined
        ? []
        : [`(${key.join(", ")}) > (${key.map((_, at) => `$${at + 1}`).join(", ")})`]),
    ];
    const rows = await this.#db.read<Row>(
      `SELECT ${columns.join(", ")} FROM queuectl.${name} ${
        where.length > 0 ? `WHERE ${where.join(" AND ")}` : ""
      }
       ORDER BY ${key.join(", ")} LIMIT ${atOnce}`,
      ...after as Value[] ?? [],
    );
    return rows;
  }

  async count({ name }: CopiedTable): Promise<number> {
    const but = name === "settings" ? `WHERE key <> '${MARK}'` : "";
    return (await this.#db.get<{ n: number }>(`SELECT count(*) AS n FROM queuectl.${name} ${but}`))!.n;
  }

  async numbers(): Promise<Numbers> {
    const of = async (table: string, column: string) => {
      const sequence = await this.#sequence(table, column);
      const row = await this.#db.get<{ n: number }>(
        `SELECT CASE WHEN is_called THEN last_value ELSE 0 END AS n FROM ${sequence}`,
      );
      return row!.n;
    };
    return {
      jobs: await of("jobs", "seq"),
      output: await of("output", "piece"),
      groups: await of("groups", "id"),
    };
  }

  async #sequence(table: string, column: string): Promise<string> {
    const row = await this.#db.get<{ name: string }>(
      `SELECT pg_get_serial_sequence('queuectl.${table}', '${column}') AS name`,
    );
    return row!.name;
  }

  async mark(): Promise<CopyMark | undefined> {
    const row = await this.#db.get<{ value: string }>(
      "SELECT value FROM queuectl.settings WHERE key = $1",
      MARK,
    );
    return row && JSON.parse(row.value);
  }

  async isEmpty(): Promise<boolean> {
    const any = EMPTIES.map((name) => `EXISTS (SELECT 1 FROM queuectl.${name})`).join(" OR ");
    return !(await this.#db.get<{ any: boolean }>(`SELECT ${any} AS any`))!.any;
  }

  async setMark(mark: CopyMark): Promise<void> {
    await this.#db.writeAgain([
      {
        sql: `INSERT INTO queuectl.settings (key, value) VALUES ($1, $2)
          ON CONFLICT (key) DO UPDATE SET value = excluded.value`,
        values: [MARK, JSON.stringify(mark)],
      },
      { sql: "UPDATE queuectl.meta SET oldest = $1", values: [BEING_COPIED] },
    ]);
  }

  async wipe(mark: CopyMark): Promise<void> {
    await this.#db.transaction(async (tx) => {
      await this.#requireOwn(tx, mark);
      await tx.all(`TRUNCATE ${WIPED.map((name) => `queuectl.${name}`).join(", ")}`);
      await tx.all("INSERT INTO queuectl.settings (key, value) VALUES ($1, $2)", MARK, JSON.stringify(mark));
    });
  }

  /** @throws {Refused} when another one copies now; nobody begins while the transaction goes on */
  async #requireOwn(tx: Transaction, { run }: CopyMark): Promise<void> {
    const [row] = await tx.all<{ value: string }>(
      "SELECT value FROM queuectl.settings WHERE key = $1 FOR UPDATE",
      MARK,
    );
    if (row && JSON.parse(row.value).run === run) return;
    throw new Refused(`Cannot go on copying to "${this.#db.address.shown}": another copy to it has begun`);
  }

  async lastKey({ name, key }: CopiedTable): Promise<Plain[] | undefined> {
    const but = name === "settings" ? `WHERE key <> '${MARK}'` : "";
    const row = await this.#db.get<Row>(
      `SELECT ${key.join(", ")} FROM queuectl.${name} ${but}
       ORDER BY ${key.map((one) => `${one} DESC`).join(", ")} LIMIT 1`,
    );
    return row && key.map((one) => row[one]!);
  }

  async put(table: CopiedTable, rows: readonly Row[], mark: CopyMark): Promise<void> {
    const columns = await this.#columnsOf(table);
    const names = columns.map(({ name }) => `"${name}"`).join(", ");
    const values = columns.map(({ name, type }) => rows.map((row) => written(row[name] ?? null, type)));
    const last = table.key.map((one) => rows.at(-1)![one] as Value);
    await this.#db.transaction(async (tx) => {
      await this.#requireOwn(tx, mark);
      // the answer to this may have been lost before
      const [there] = await tx.all(
        `SELECT 1 FROM queuectl.${table.name} WHERE (${table.key.join(", ")}) = (${
          table.key.map((_, at) => `$${at + 1}`).join(", ")
        })`,
        ...last,
      );
      if (there) return;
      await tx.all(
        `INSERT INTO queuectl.${table.name} (${names})
         SELECT * FROM unnest(${columns.map(({ type }, at) => `$${at + 1}::${type}[]`).join(", ")})`,
        ...values,
      );
    });
  }

  async finish(figures: CopiedFigures, numbers: Numbers, mark: CopyMark): Promise<void> {
    const sequences = [
      await this.#sequence("jobs", "seq"),
      await this.#sequence("output", "piece"),
      await this.#sequence("groups", "id"),
    ];
    await this.#db.transaction(async (tx) => {
      await this.#requireOwn(tx, mark);
      for (const name of ["ready", "sublanes", "counts", "emptied", "figures", "tallies"]) {
        await tx.all(`DELETE FROM queuectl.${name}`);
      }
      await tx.all(`INSERT INTO queuectl.ready (queue, priority, seq)
        SELECT queuectl.place_13(queue, policy), priority, seq FROM queuectl.jobs WHERE state = 'pending' AND NOT held`);
      await tx.all(`INSERT INTO queuectl.counts (queue, state, stripe, n, held)
        SELECT queue, state, 0, count(*), count(*) FILTER (WHERE held) FROM queuectl.jobs GROUP BY 1, 2`);
      // whoever is yet to be told of something is told of everything
      await tx.all("DELETE FROM queuectl.ended");
      await tx.all("INSERT INTO queuectl.ended (job) SELECT seq FROM queuectl.jobs WHERE needed");
      await tx.all("INSERT INTO queuectl.ended (job) SELECT -id FROM queuectl.groups WHERE needed");
      await tx.all(
        `INSERT INTO queuectl.ended (job, state) SELECT DISTINCT n.needs, 'cancelled' FROM queuectl.needs n
        WHERE n.decided IS NULL AND NOT EXISTS (SELECT 1 FROM queuectl.jobs j WHERE j.seq = n.needs)
          AND NOT EXISTS (SELECT 1 FROM queuectl.groups g WHERE g.id = -n.needs)`,
      );
      for (const { span, overall, queues } of figures) {
        const rows: FigureRow[] = [...overall.map((row) => ({ ...row, queue: "" })), ...queues];
        await putFigures(tx, rows.map((row) => ({ ...row, span })));
      }
      for (const [at, n] of [numbers.jobs, numbers.output, numbers.groups].entries()) {
        if (n > 0) await tx.all("SELECT setval($1, $2)", sequences[at]!, n);
      }
      await tx.all("DELETE FROM queuectl.settings WHERE key = $1", MARK);
      await tx.all("UPDATE queuectl.meta SET oldest = $1", oldestOf(STEPS));
    });
    for (const name of ["jobs", "ready", "attempts", "output"]) {
      await this.#db.write([{ sql: `ANALYZE queuectl.${name}` }]).catch(() => {}); // the server does it by itself, later
    }
  }
}

function read(name: string, type: string): string {
  switch (type) {
    case "boolean":
      return `"${name}"::int`;
    case "json":
    case "uuid":
      return `"${name}"::text`;
    default:
      return `"${name}"`;
  }
}

function written(value: Plain, type: string): Value {
  return type === "boolean" && value !== null ? value !== 0 : value;
}
