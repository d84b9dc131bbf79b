/**
 * @module
 * The table of fields: what it says of a field holds wherever jobs are read, stored, shown and described.
 */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { command as edit } from "../../src/cli/commands/edit.ts";
import { command as enqueue } from "../../src/cli/commands/enqueue.ts";
import { command as show } from "../../src/cli/commands/show.ts";
import type { CommandDefinition, Target } from "../../src/cli/line/command.ts";
import type { Context } from "../../src/cli/line/context.ts";
import { helpFor } from "../../src/cli/line/help.ts";
import {
  EDITABLE_FIELDS,
  type Field,
  FIELD_NAMES,
  FIELDS,
  type Kind,
  SHOWN_FIELDS,
  STORED_FIELDS,
} from "../../src/domain/fields.ts";
import { jobFromValue, readFields } from "../../src/domain/spec.ts";
import { JOB_ROUTES } from "../../src/http/api/jobs.ts";
import { ASSETS } from "../../src/http/assets.ts";
import type { Store } from "../../src/store/contract.ts";
import { openStore } from "../../src/store/open.ts";
import type { OwnRow } from "../../src/store/sqlite/rows.ts";
import { salvage } from "../../src/store/sqlite/salvage/salvage.ts";
import { homeAt } from "../../src/system/home.ts";
import { jobJson } from "../../src/views/job_json.ts";
import { T0 } from "../helpers/jobs.ts";
import { tempDir } from "../helpers/temp.ts";

/** Two values of a kind in JSON, neither of which is anybody's default. */
function samplesOf(kind: Kind): [unknown, unknown] {
  switch (kind.type) {
    case "text":
    case "line":
      return ["one", "two"];
    case "word":
      return kind.words ? [kind.words[0], kind.words[1]] : ["one", "two"];
    case "integer":
      return [kind.max, kind.max - 1];
    case "duration":
    case "delay":
      return [1.5, 90];
    case "size":
      return [4096, 0];
    case "time":
      return ["2037-01-01T00:00:00.000Z", "2037-01-01T00:00:00.001Z"];
    case "path":
      return ["/one", "/two"];
    case "variables":
      return [{ A: "1", B: "" }, { C: "é" }];
    case "input":
      return kind.as === "text" ? ["one", "two"] : ["b25l", "dHdv"];
    case "flag":
      return [true, false];
    case "ends":
      return ["75,100-110,SIGSEGV,timeout", "lost"];
    case "backoff":
      return ["5s,30s,5m,jitter=0.1", "base=2,factor=3,max=10m"];
    case "units":
      return [{ api: 2, gpu: 1 }, { db: 1 }];
    case "jobs":
    case "groups":
      return [["one"], ["two"]];
  }
}

const DEFAULTS = { now: T0, cwd: "/", windows: false, priority: 0, maxRetries: 0, timeoutMs: 0 };

/** A job that says everything, as JSON, with the first or the second of the samples. */
function everything(sample: 0 | 1, names: readonly (keyof typeof FIELDS)[]): Record<string, unknown> {
  const own: Record<string, [unknown, unknown]> = {
    no_retry_on: ["2,126-127", "SIGKILL,idle"],
    io: ["idle", "best-effort"],
    memory: [2 ** 30, 2 ** 31],
  };
  return Object.fromEntries(names.map((name) => [name, (own[name] ?? samplesOf(FIELDS[name].kind))[sample]]));
}

/** Holds the JSON of a stored job against what was said of it. */
async function assertSays(store: Store, id: string, said: Record<string, unknown>): Promise<void> {
  const json: Record<string, unknown> = { ...jobJson((await store.get(id))!) };
  for (const name of SHOWN_FIELDS) {
    const { json: shown } = FIELDS[name];
    if (Object.hasOwn(said, name)) assert.deepEqual(json[shown], said[name], name);
  }
}

Deno.test("every field that is said is stored, alone and among very many, changed, salvaged, and comes out as JSON", async () => {
  using dir = tempDir();
  const { id: _, ...said } = everything(0, STORED_FIELDS);
  // what else can be changed says the same as another field, or what it needs, which is kept elsewhere
  const editable = EDITABLE_FIELDS.filter((name) => FIELDS[name].column !== null);
  const others = { ...said, ...everything(1, editable) };
  let store = await openStore(dir.home);
  const options = { now: T0, idFormat: "short" } as const;
  await store.enqueue([jobFromValue({ ...said, id: "one" }, DEFAULTS)], options);
  // only one of them could have the same key
  const nth = (n: number) => ({ ...said, unique_key: `key ${n}` });
  await store.enqueue(Array.from({ length: 1100 }, (_, n) => jobFromValue(nth(n), DEFAULTS)), options);
  await assertSays(store, "one", said);
  await assertSays(store, "j2", nth(0));
  await assertSays(store, "j1101", nth(1099));
  await store.edit(
    "j2",
    readFields(everything(1, editable), DEFAULTS),
    T0,
  );
  await assertSays(store, "j2", others);
  store.close();

  const saved = homeAt(dir.file("saved"));
  Deno.mkdirSync(saved.dir);
  await salvage(dir.home, saved.database);
  store = await openStore(saved);
  await assertSays(store, "one", said);
  await assertSays(store, "j2", others);
  store.close();
});

Deno.test("a job that says nothing but its command has the defaults of the table", () => {
  const { command: _, ...job } = jobFromValue({ command: "true" }, {
    ...DEFAULTS,
    priority: 7,
    timeoutMs: 9,
  });
  for (const name of STORED_FIELDS) {
    const { key, default: otherwise }: Field = FIELDS[name];
    if (name === "command") continue;
    const setting = typeof otherwise === "object" && otherwise?.setting;
    const expected = setting
      ? { priority: 7, maxRetries: 0, timeoutMs: 9 }[setting as "priority"]
      : otherwise;
    assert.deepEqual(job[key as keyof typeof job], name === "cwd" ? "/" : expected, name);
  }
});

/** What `show` prints for people. */
async function shown(store: Store, id: string): Promise<string> {
  let text = "";
  const print = {
    result: (_: unknown, forPeople: () => string) => text = forPeople(),
    paint: (_: string, words: string) => words,
    columns: Infinity,
  };
  const context = { store: () => Promise.resolve(store), clock: { now: () => T0 }, print };
  await (show.definition as CommandDefinition).run(context as unknown as Context, {}, [id]);
  return text;
}

Deno.test("show has a line for every field, or says it with something else", async () => {
  using dir = tempDir();
  const store = await openStore(dir.home);
  const said = everything(0, STORED_FIELDS);
  const [id] = await store.enqueue([jobFromValue(said, DEFAULTS)], { now: T0, idFormat: "short" });
  const text = await shown(store, id!);
  store.close();
  const instead: Partial<Record<keyof typeof FIELDS, RegExp>> = {
    id: /^Job +one$/m,
    max_retries: /^Attempts +0 of at most 1000001$/m,
    hold: /^State .*, held$/m,
  };
  for (const name of SHOWN_FIELDS) {
    assert.match(text, instead[name] ?? new RegExp(`^${FIELDS[name].title} +\\S`, "m"), name);
  }
});

Deno.test("every field is in the help of enqueue, and in that of edit exactly when it can be changed", () => {
  const flagsIn = (target: Target) =>
    new Map(
      helpFor(target, { path: [], columns: Infinity }).split("\n").flatMap((line) => {
        const [, flag, brief] = /^ +(?:-\w, )?--(\S+)(?: (?:[A-Z]\S*|[a-z]+\|\S+))? +(.*)$/.exec(line) ?? [];
        return flag === undefined ? [] : [[flag.replaceAll("-", "_"), brief] as const];
      }),
    );
  const [enqueued, edited] = [flagsIn(enqueue), flagsIn(edit)];
  for (const name of FIELD_NAMES.filter((name) => name !== "stdin_base64")) {
    assert.equal(enqueued.get(name)?.replace(/: (\w+, )+\w+$/, ""), FIELDS[name].brief, name);
    assert.equal(edited.has(name), FIELDS[name].editable, name);
  }
});

Deno.test("every field is in the API's document, as far as it can be said, changed and shown", () => {
  // deno-lint-ignore no-explicit-any -- schemas have a standard's own shape
  const route = (method: string, url: string): any =>
    JOB_ROUTES.find((one) => one.method === method && one.url === url)!;
  const made = route("POST", "/jobs");
  const [changed, many] = [route("PATCH", "/jobs/:id"), route("POST", "/bulk/enqueue")];
  const { properties: ofMany } = many.body.schema.properties.jobs.items;
  for (const name of FIELD_NAMES) {
    const { brief, editable, json, default: otherwise }: Field = FIELDS[name];
    assert.equal(made.body.schema.properties[name].description, brief, name);
    assert.deepEqual(ofMany[name], made.body.schema.properties[name], name);
    assert.equal(Object.hasOwn(changed.body.schema.properties, name), editable, name);
    if (json === null) continue;
    const { type } = made.answer.schema.properties[json];
    assert.equal([type].flat().includes("null"), otherwise === null && name !== "id", name);
    assert.ok(made.answer.schema.required.includes(json), name);
  }
});

Deno.test("the pages know every field", () => {
  const [, list] = /^export const FIELDS = (.*);$/m.exec(ASSETS["fields.js"]!)!;
  const known: { name: string }[] = JSON.parse(list!);
  assert.deepEqual(known.map(({ name }) => name), FIELD_NAMES);
});

Deno.test("every column of a job is a field's, or the store's own", async () => {
  const own: Record<keyof OwnRow, true> = {
    ...{ seq: true, state: true, attempts: true, last_attempt: true, created_at: true, started_at: true },
    ...{ finished_at: true, exit_code: true, signal: true, error: true, worker: true },
    ...{ cancel_requested: true, stdin_size: true, paused_at: true, skipped_for: true, needed: true },
    ...{
      key_lost: true,
      lane: true,
      died_of: true,
      policy: true,
      checkpoint_size: true,
      snoozed_since: true,
    },
  };
  using dir = tempDir();
  (await openStore(dir.home)).close();
  const db = new DatabaseSync(dir.home.database);
  const columns = db.prepare("SELECT name FROM pragma_table_info('jobs')").all().map(({ name }) => name);
  db.close();
  const known = [...Object.keys(own), ...STORED_FIELDS.map((name) => FIELDS[name].column)];
  assert.deepEqual(columns.toSorted(), [...new Set(known)].toSorted());
});
