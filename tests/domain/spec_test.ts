/**
 * @module
 * What users say of jobs: every field, and one sentence for everything that makes no sense.
 */
import assert from "node:assert/strict";
import { fieldsFromFlags } from "../../src/cli/commands/job_flags.ts";
import { BadInput } from "../../src/domain/errors.ts";
import type { NewJob } from "../../src/domain/job.ts";
import { parseJson } from "../../src/domain/json_fault.ts";
import { type JobDefaults, jobFromValue, parseTime, readFields } from "../../src/domain/spec.ts";

const NOW = Date.UTC(2026, 0, 1);
const DEFAULTS: JobDefaults = {
  now: NOW,
  priority: 2,
  maxRetries: 4,
  timeoutMs: 6000,
  cwd: "/work",
  windows: false,
};

function job(value: Record<string, unknown>, defaults = DEFAULTS): NewJob {
  return jobFromValue({ command: "true", ...value }, defaults);
}

function jobFromJson(json: string, defaults: JobDefaults): NewJob {
  return jobFromValue(parseJson(json), defaults);
}

function refuses(read: () => unknown, message: string): void {
  assert.throws(read, (error) => {
    assert.ok(error instanceof BadInput, String(error));
    assert.equal(error.message, message);
    return true;
  });
}

Deno.test("a job that only has a command gets everything else from the defaults", () => {
  assert.deepEqual(jobFromJson('{"command": "make"}', DEFAULTS), {
    id: null,
    command: "make",
    queue: "default",
    priority: 2,
    maxRetries: 4,
    timeoutMs: 6000,
    maxOutput: null,
    idleTimeoutMs: null,
    retryOn: null,
    noRetryOn: null,
    backoff: null,
    maxWaitMs: null,
    nice: null,
    io: null,
    cpuTimeMs: null,
    memory: null,
    maxProcs: null,
    takes: null,
    slots: null,
    runAt: null,
    label: null,
    uniqueKey: null,
    uniqueUntil: null,
    uniqueForMs: null,
    cwd: "/work",
    env: null,
    group: null,
    held: false,
  });
});

Deno.test("a job can say everything", () => {
  const all = {
    command: "make",
    id: "nightly:1",
    queue: "mail",
    priority: -7,
    max_retries: 0,
    timeout: "1m30s",
    max_output: "10MB",
    idle_timeout: "5m",
    retry_on: " 75 ,100-110,sigsegv,Timeout",
    no_retry_on: [2, "126-127"],
    backoff: ["5", "30s", "jitter=0.10"],
    max_wait: "2h",
    nice: 10,
    io: "idle",
    cpu_time: "10m",
    memory: "2GiB",
    max_procs: 200,
    needs: { gpu: 1, api: 2 },
    slots: 4,
    run_at: "2030-01-01T14:00:00Z",
    label: "nightly",
    group: "album",
    unique_key: "a key: é",
    unique_until: "start",
    unique_for: "1h",
    on_conflict: "replace",
    at_most_late: 90,
    replace_ended: true,
    cwd: "sub/../other",
    env: { A: "1", "B-C": "" },
    hold: true,
  };
  assert.deepEqual(jobFromValue(all, DEFAULTS), {
    id: "nightly:1",
    command: "make",
    queue: "mail",
    priority: -7,
    maxRetries: 0,
    timeoutMs: 90_000,
    maxOutput: 10 * 1024 * 1024,
    idleTimeoutMs: 300_000,
    retryOn: "75,100-110,SIGSEGV,timeout",
    noRetryOn: "2,126-127",
    backoff: "5s,30s,jitter=0.1",
    maxWaitMs: 7_200_000,
    nice: 10,
    io: "idle",
    cpuTimeMs: 600_000,
    memory: 2 * 1024 ** 3,
    maxProcs: 200,
    takes: "api=2,gpu=1",
    slots: 4,
    runAt: Date.UTC(2030, 0, 1, 14),
    label: "nightly",
    group: "album",
    uniqueKey: "a key: é",
    uniqueUntil: "start",
    uniqueForMs: 3_600_000,
    onConflict: "replace",
    atMostLateMs: 90_000,
    replaceEnded: true,
    cwd: "/work/other",
    env: { A: "1", "B-C": "" },
    held: true,
  });
});

Deno.test("what a job takes is said as text, a list or an object, each name once", () => {
  for (const needs of ["gpu, api=2", ["api=2", "gpu"], { gpu: 1, api: 2 }, ["gpu,api=2"]]) {
    assert.equal(job({ needs }).takes, "api=2,gpu=1");
  }
  assert.equal(job({ needs: "none" }).takes, null);
  const bad = [
    "",
    "a=0",
    "a=b",
    "a,a",
    "1a",
    "a b",
    "a=1000001",
    `${"n".repeat(65)}`,
    {},
    { a: 1.5 },
    { a: 0 },
    7,
    null,
  ];
  for (const needs of bad) {
    assert.throws(() => job({ needs }), /^BadInput: Cannot use needs .*: it takes names with/);
  }
  for (const slots of [0, 1025, 1.5, "two"]) {
    assert.throws(() => job({ slots }), /^BadInput: Cannot use slots/);
  }
});

Deno.test("a key takes up to 256 bytes on one line, and what is said of it makes sense only with one", () => {
  assert.equal(job({ unique_key: "é".repeat(128) }).uniqueKey, "é".repeat(128));
  for (const key of ["", "  ", "é".repeat(128) + "x", "a\nb", "a\u0000", "a\u001b", 7, null]) {
    assert.throws(
      () => job({ unique_key: key }),
      /^BadInput: Cannot use unique_key .*: it takes 1 to 256 bytes on one line$/,
    );
  }
  const without = (name: string) =>
    `Cannot use ${name} without unique_key or unique: there is no key that it is about`;
  refuses(() => job({ unique_until: "start" }), without("unique_until"));
  refuses(() => job({ unique_for: 9 }), without("unique_for"));
  refuses(() => job({ on_conflict: "after" }), without("on_conflict"));
  refuses(() => job({ at_most_late: 9 }), without("at_most_late"));
  const unique = { unique_key: "k" };
  refuses(
    () => job({ ...unique, unique: true }),
    "Cannot use unique_key and unique together: each says what the key is",
  );
  refuses(
    () => job({ ...unique, unique_for: 0 }),
    "Cannot use unique_for 0: it takes a longer time, or is left out",
  );
  refuses(
    () => job({ ...unique, at_most_late: 9 }),
    "Cannot use at_most_late without on_conflict replace: it is about jobs that are replaced",
  );
  refuses(
    () => job({ ...unique, on_conflict: "replace", after: "j1" }),
    "Cannot use on_conflict replace with after: what is replaced waits for what it waited for",
  );
  refuses(
    () => job({ ...unique, on_conflict: "after", after: "j1,j2", any: true }),
    "Cannot use on_conflict after with any: the job comes after all that it waits for",
  );
  refuses(
    () => job({ replace_ended: true }),
    "Cannot use replace_ended without id: it says whose place the job takes",
  );
  refuses(
    () => job({ ...unique, on_conflict: "wait" }),
    'Cannot use on_conflict "wait": it takes skip, after, replace or error',
  );
  assert.equal(job({ unique: true, on_conflict: "after" }).unique, true);
});

Deno.test("a directory is read as the system writes it for whom the job is", () => {
  const at = (cwd: string | null, windows: boolean, said: string) =>
    readFields({ cwd: said }, { now: NOW, cwd, windows }).cwd;
  assert.equal(at("C:\\work", true, "..\\other"), "C:\\other");
  assert.equal(at("/work", false, "..\\other"), "/work/..\\other");
  assert.equal(at(null, true, "D:\\other"), "D:\\other");
  refuses(
    () => at(null, false, "D:\\other"),
    'Cannot use cwd "D:\\\\other": it takes the path of a directory',
  );
});

Deno.test("timeout and delay take seconds or text", () => {
  assert.equal(job({ timeout: 1.5 }).timeoutMs, 1500);
  assert.equal(job({ timeout: 0 }).timeoutMs, 0);
  assert.equal(job({ delay: 10 }).runAt, NOW + 10_000);
  assert.equal(job({ delay: "2h" }).runAt, NOW + 7_200_000);
  assert.equal(job({ delay: 0 }).runAt, null);
});

Deno.test("what was given for every job goes behind what a job says itself", () => {
  const given = { queue: "bulk", priority: 9, env: { A: "1", B: "1" }, runAt: NOW + 5000 };
  const made = job({ priority: 0, env: { B: "2" } }, { ...DEFAULTS, given });
  assert.equal(made.queue, "bulk");
  assert.equal(made.priority, 0);
  assert.deepEqual(made.env, { A: "1", B: "2" });
  assert.equal(made.runAt, NOW + 5000);
  assert.equal(job({ delay: 0 }, { ...DEFAULTS, given }).runAt, null);
});

Deno.test("JSON that is not JSON is refused with the place", () => {
  const cases: [string, string][] = [
    ["", "unexpected end at column 1"],
    ["{", "unexpected end at column 2"],
    ['{"command": "x"', "unexpected end at column 16"],
    ['{"command": "x}', "unexpected end at column 16"],
    ['{"command": "x",}', 'unexpected "}" at column 17'],
    ["{command: 1}", 'unexpected "command" at column 2'],
    ["{'a': 1}", `unexpected "'" at column 2`],
    ['{"a": tru}', 'unexpected "tru" at column 7'],
    ['{"a": 01}', 'unexpected "1" at column 8'],
    ['{"a": 1}}', 'unexpected "}" at column 9'],
    ['{"a" 1}', 'unexpected "1" at column 6'],
    ['{"a": "\\x"}', 'unexpected "\\\\" at column 8'],
    ['{\n  "a": 1\n  "b": 2\n}', 'unexpected "\\"" at line 3, column 3'],
    ['{"a": "b\nc"}', 'unexpected "\\n" at line 1, column 9'],
  ];
  for (const [text, fault] of cases) {
    refuses(() => jobFromJson(text, DEFAULTS), `Cannot read the JSON: ${fault}`);
  }
});

Deno.test("JSON that is not an object is refused", () => {
  const rest = 'a job is a JSON object such as {"command": "ls"}';
  refuses(() => jobFromJson("[1]", DEFAULTS), `Cannot enqueue a JSON array: ${rest}`);
  refuses(() => jobFromJson("null", DEFAULTS), `Cannot enqueue null: ${rest}`);
  refuses(() => jobFromJson("3", DEFAULTS), `Cannot enqueue the JSON number 3: ${rest}`);
  refuses(() => jobFromJson('"ls"', DEFAULTS), `Cannot enqueue the JSON string "ls": ${rest}`);
});

Deno.test("a command is there, is not blank, holds no NUL byte and fits one argument", () => {
  refuses(() => jobFromValue({}, DEFAULTS), 'Cannot enqueue a job without a command: give "command"');
  refuses(() => job({ command: "" }), "Cannot enqueue a job without a command: it is blank");
  refuses(() => job({ command: " \n\t" }), "Cannot enqueue a job without a command: it is blank");
  const takes = "it takes text that is not blank, without NUL bytes";
  refuses(() => job({ command: "a\0b" }), `Cannot use command "a\\u0000b": ${takes}`);
  refuses(() => job({ command: "\ud800" }), `Cannot use command "\\ud800": ${takes}`);
  refuses(() => job({ command: 3 }), `Cannot use command 3: ${takes}`);
  refuses(() => job({ command: null }), `Cannot use command null: ${takes}`);
  assert.equal(job({ command: "x".repeat(131_071) }).command.length, 131_071);
  refuses(
    () => job({ command: "é".repeat(65_536) }),
    "Cannot enqueue a command of 131072 bytes: the system takes at most 131071; put it into a script and enqueue that",
  );
});

Deno.test("an unknown field is refused, with the nearest known one", () => {
  refuses(() => job({ priorty: 1 }), 'Unknown field "priorty", did you mean "priority"?');
  refuses(() => job({ maxRetries: 1 }), 'Unknown field "maxRetries", did you mean "max_retries"?');
  refuses(() => job({ nonsense: 1 }), 'Unknown field "nonsense"');
  refuses(() => jobFromJson('{"command": "x", "__proto__": {}}', DEFAULTS), 'Unknown field "__proto__"');
});

Deno.test("what queuectl sets cannot be forged", () => {
  for (const name of ["state", "attempts", "created_at", "exit_code", "worker", "held", "seq"]) {
    refuses(() => job({ [name]: 1 }), `Cannot set "${name}" of a job: it is set by queuectl`);
  }
});

Deno.test("values of the wrong type or outside their range are refused", () => {
  const priority = "it takes a whole number from -2147483648 to 2147483647";
  const retries = "it takes a whole number from 0 to 1000000";
  const duration = 'it takes a duration from 0 to 3650d (seconds, or "90s", "10m", "1h30m", "2d")';
  const id =
    "it takes 1 to 128 of the characters A-Z a-z 0-9 . _ : -, and not j with a number, which queuectl gives";
  const queue = "it takes 1 to 64 of the characters A-Z a-z 0-9 . _ : -, the first a letter or digit";
  const time =
    'it takes a time, such as 2030-01-01T14:00:00Z, "tomorrow 9:00", "friday 18:00 Europe/Berlin" or +2h';
  const size = 'it takes a size from 0 to 1024GiB (bytes, or "64K", "10M", "1GiB")';
  const label = "it takes 1 to 128 characters on one line";
  const cases: [string, unknown, string][] = [
    ["priority", "1", priority],
    ["priority", 1.5, priority],
    ["priority", 2 ** 31, priority],
    ["max_retries", "3", retries],
    ["max_retries", -1, retries],
    ["max_retries", 0.5, retries],
    ["timeout", -1, duration],
    ["timeout", "abc", duration],
    ["timeout", "", duration],
    ["timeout", true, duration],
    ["timeout", 1e300, duration],
    ["max_output", "many", size],
    ["max_output", -1, size],
    ["max_output", 0.5, size],
    ["max_output", "2000G", size],
    ["delay", "-5s", duration],
    ["id", "../x", id],
    ["id", "j7", id],
    ["id", "", id],
    ["id", "a b", id],
    ["id", 7, id],
    ["queue", "", queue],
    ["queue", "-x", queue],
    ["queue", "a/b", queue],
    ["run_at", "2030-02-30T00:00:00Z", time],
    ["run_at", "2030-01-01T14:00:00", time],
    ["run_at", "tomorrow", time],
    ["run_at", 1893506400, time],
    ["label", "", label],
    ["label", "a\nb", label],
    ["cwd", "", "it takes the path of a directory"],
    ["cwd", 1, "it takes the path of a directory"],
    ["hold", "yes", "it takes true or false"],
  ];
  for (const [name, value, takes] of cases) {
    refuses(() => job({ [name]: value }), `Cannot use ${name} ${JSON.stringify(value)}: ${takes}`);
  }
  assert.throws(() => job({ id: "x".repeat(129) }), BadInput);
  assert.equal(job({ id: "x".repeat(128) }).id?.length, 128);
});

Deno.test("an environment holds text under names that can be variables", () => {
  const takes = "it takes names with values that are text, the names without =, nothing with NUL bytes";
  refuses(() => job({ env: { "A=B": "x" } }), `Cannot use env {"A=B":"x"}: ${takes}`);
  refuses(() => job({ env: { "": "x" } }), `Cannot use env {"":"x"}: ${takes}`);
  refuses(() => job({ env: { "A\0": "x" } }), `Cannot use env {"A\\u0000":"x"}: ${takes}`);
  refuses(() => job({ env: { A: 1 } }), `Cannot use env {"A":1}: ${takes}`);
  refuses(() => job({ env: { A: "\0" } }), `Cannot use env {"A":"\\u0000"}: ${takes}`);
  refuses(() => job({ env: ["A=1"] }), `Cannot use env ["A=1"]: ${takes}`);
  refuses(
    () => job({ env: { QUEUECTL_RUN: "x" } }),
    'Cannot set "QUEUECTL_RUN" in env: it is set by queuectl',
  );
  assert.throws(() => job({ env: { A: "x".repeat(131_070) } }), /put it into a file/);
  const many = (count: number, length = 100_000) =>
    Object.fromEntries(Array.from({ length: count }, (_, i) => [`V${i}`, "x".repeat(length)]));
  assert.equal(Object.keys(job({ env: many(14) }).env!).length, 14);
  assert.equal(Object.keys(job({ env: many(5000, 200) }).env!).length, 5000);
  const tooMuch = /^BadInput: Cannot use an env of \d+ bytes: it takes at most 1500000 together; put some/;
  assert.throws(() => job({ env: many(15) }), tooMuch);
  const given = {
    env: Object.fromEntries(Object.entries(many(8)).map(([name, value]) => [`G${name}`, value])),
  };
  assert.throws(() => jobFromValue({ command: "true", env: many(8) }, { ...DEFAULTS, given }), tooMuch);
});

Deno.test("run_at and delay together are refused", () => {
  refuses(
    () => job({ run_at: "2030-01-01T00:00:00Z", delay: 5 }),
    "Cannot use run_at and delay together: each says when the job may start",
  );
});

Deno.test("a time is read in its zone, and days that do not exist are none", () => {
  assert.equal(parseTime("2030-01-01T14:00:00Z"), Date.UTC(2030, 0, 1, 14));
  assert.equal(parseTime("2030-01-01T14:00+02:00"), Date.UTC(2030, 0, 1, 12));
  assert.equal(parseTime("2030-01-01 14:00:00.5-0130"), Date.UTC(2030, 0, 1, 15, 30, 0, 500));
  assert.equal(parseTime("2028-02-29T00:00:00Z"), Date.UTC(2028, 1, 29));
  for (
    const text of [
      "2027-02-29T00:00:00Z",
      "2030-13-01T00:00:00Z",
      "2030-00-01T00:00:00Z",
      "2030-01-01T24:00:00Z",
      "2030-01-01T00:60:00Z",
      "2030-01-01T00:00:00+24:00",
      "2030-01-01",
      "",
    ]
  ) assert.equal(parseTime(text), undefined, text);
});

Deno.test("flags are read as the fields they stand for", () => {
  const flags = {
    priority: "-3",
    max_retries: "2",
    timeout: "30",
    env: ["A=1=2"],
    hold: true,
    label: undefined,
  };
  assert.deepEqual(readFields(fieldsFromFlags(flags), DEFAULTS), {
    priority: -3,
    maxRetries: 2,
    timeoutMs: 30_000,
    env: { A: "1=2" },
    held: true,
  });
  refuses(
    () => fieldsFromFlags({ env: ["=A"] }),
    'Cannot use env "=A": it takes NAME=VALUE, or NAME of a variable that is set here',
  );
  refuses(
    () => readFields(fieldsFromFlags({ priority: "high" }), DEFAULTS),
    'Cannot use priority "high": it takes a whole number from -2147483648 to 2147483647',
  );
});

const NO_LIMITS: [said: Record<string, unknown>, sentence: RegExp][] = [
  [{ nice: 20 }, /^Cannot use nice 20: it takes a whole number from 0 to 19, or default$/],
  [{ nice: -1 }, /^Cannot use nice -1: it takes/],
  [{ memory: 0 }, /^Cannot use memory 0: it takes a size from 16MiB to .*, or default$/],
  [{ memory: "-2G" }, /^Cannot use memory "-2G": it takes/],
  [{ io: "realtime" }, /^Cannot use io "realtime": it takes idle or best-effort, or default$/],
  [{ cpu_time: 0 }, /^Cannot use cpu_time 0: it takes a duration from 1s to .*, or default$/],
  [{ cpu_time: "0.5s" }, /^Cannot use cpu_time "0.5s": it takes/],
  [{ max_procs: 0 }, /^Cannot use max_procs 0: it takes a whole number from 1 to 4194304, or default$/],
];

for (const [said, sentence] of NO_LIMITS) {
  Deno.test(`what is no limit is refused with a sentence: ${JSON.stringify(said)}`, () => {
    assert.throws(
      () => jobFromValue({ command: "make", ...said }, DEFAULTS),
      (error: Error) => error.name === "BadInput" && sentence.test(error.message),
    );
  });
}

Deno.test("default takes back what was said of limits", () => {
  const said = {
    nice: "default",
    io: "default",
    cpu_time: "default",
    memory: "default",
    max_procs: "default",
  };
  assert.deepEqual(readFields(said, DEFAULTS), {
    ...{ nice: null, io: null, cpuTimeMs: null, memory: null, maxProcs: null },
  });
});
