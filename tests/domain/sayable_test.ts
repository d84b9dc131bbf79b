/**
 * @module
 * Whatever settings and fields accept, what follows from it can be stored, shown, and said.
 */
import fc from "npm:fast-check@4.10.2";
import assert from "node:assert/strict";
import { command as show } from "../../src/cli/commands/show.ts";
import { LineJournal } from "../../src/cli/commands/worker/line_journal.ts";
import type { CommandDefinition } from "../../src/cli/line/command.ts";
import type { Context } from "../../src/cli/line/context.ts";
import { duration } from "../../src/cli/line/flags.ts";
import { BadInput } from "../../src/domain/errors.ts";
import { OUTCOMES } from "../../src/domain/job.ts";
import { nextState } from "../../src/domain/retry.ts";
import {
  DEFAULT_SETTINGS,
  formatSetting,
  parseSetting,
  type Setting,
  SETTINGS,
  settingsFrom,
} from "../../src/domain/settings.ts";
import { jobFromValue, parseTime } from "../../src/domain/spec.ts";
import { openStore } from "../../src/store/open.ts";
import { systemClock } from "../../src/system/clock.ts";
import { jobJson } from "../../src/views/job_json.ts";
import { settlementOf } from "../../src/worker/supervisor/settlement.ts";
import { claimOne, ended, exchangeOf, newSupervisor, T0 } from "../helpers/jobs.ts";
import { tempDir } from "../helpers/temp.ts";

/** Texts that a person or a program might set a setting to: in range, at its ends, and far out of it. */
function texts({ kind }: Setting): fc.Arbitrary<string> {
  switch (kind.type) {
    case "choice":
      return fc.constantFrom(...kind.choices);
    case "text":
    case "globs":
      return fc.constant("sh");
    default: {
      const scale = kind.type === "duration" ? 1000 : 1;
      const ends = [kind.min, kind.max, 0, 1].map((value) => String(value / scale));
      return fc.oneof(
        fc.constantFrom(...ends, "unset", "1e308", "1e-308", "-0", "0.0001", "1e9999", "NaN", "Infinity"),
        fc.double({ min: kind.min / scale, max: kind.max / scale, noNaN: true }).map(String),
        fc.integer({ min: Math.ceil(kind.min / scale), max: Math.floor(kind.max / scale) }).map(String),
      );
    }
  }
}

/** Settings as they are after somebody has tried to set each of them to something. */
const settings = fc.tuple(...SETTINGS.map(texts)).map((values) =>
  settingsFrom(
    new Map(SETTINGS.flatMap((setting, i): [string, string][] => {
      try {
        return [[setting.key, formatSetting(setting, parseSetting(setting, values[i]!))]];
      } catch (error) {
        assert.ok(error instanceof BadInput);
        return [];
      }
    })),
  )
);

const attempts = fc.oneof(fc.integer({ min: 1, max: 2000 }), fc.integer({ min: 1, max: 1_000_001 }));
const random = fc.constantFrom(0, 0.5, 1 - Number.EPSILON);

function assertTime(ms: number): void {
  assert.ok(Number.isSafeInteger(ms), `${ms}`);
  new Date(ms).toISOString();
}

Deno.test("every next attempt has a time, whatever was set and however often the job has failed", () => {
  fc.assert(
    fc.property(settings, attempts, random, (settings, attempts, random) => {
      const failed = ended({ attempts, maxRetries: 1_000_000, finishedAt: T0 });
      const { state, runAt } = nextState(failed, settings, random);
      assert.equal(state, attempts > 1_000_000 ? "dead" : "failed");
      if (runAt !== null) {
        assertTime(runAt);
        assert.ok(runAt >= T0);
      }
    }),
    { numRuns: 3000 },
  );
  const foul = { ...DEFAULT_SETTINGS, backoffBase: 0, backoffFactor: 1000 };
  assert.deepEqual(
    nextState(ended({ attempts: 104, maxRetries: 200, finishedAt: T0 }), foul, 0.5),
    { state: "failed", runAt: T0 },
  );
});

const number = fc.oneof(
  fc.constantFrom<unknown>(
    0,
    -0,
    1,
    -1,
    2 ** 31 - 1,
    -(2 ** 31),
    1_000_000,
    2 ** 53,
    1e308,
    1e-9,
    315_360_000,
  ),
  fc.integer(),
  fc.double({ noNaN: true }),
);
const odd = fc.constantFrom("a\u0000b", "\ud800", "\u202e", "x".repeat(200), "\n", "é", "");

/** Jobs as they might be typed. What one makes no sense of is left out, so that the rest is tried. */
const fields = fc.record({
  command: fc.constantFrom("true", "echo \u001b[31m", "printf 'a\nb'"),
  priority: number,
  max_retries: number,
  timeout: fc.oneof(number, fc.constantFrom("3650d", "1ms", "0.4ms", "1h30m")),
  run_at: fc.constantFrom(
    "9999-12-31T23:59:59.999Z",
    "9999-12-31T23:59:59-23:59",
    "0000-01-01T00:00:00+23:59",
    "0000-01-01T00:00Z",
    "2030-01-01T00:00Z",
  ),
  delay: fc.oneof(number, fc.constantFrom("3650d", "1ms")),
  label: odd,
  cwd: odd,
  env: fc.dictionary(odd, odd),
  hold: fc.boolean(),
}, { requiredKeys: ["command"] });

function accepted(fields: Record<string, unknown>): ReturnType<typeof jobFromValue> {
  const defaults = { now: T0, priority: 0, maxRetries: 0, timeoutMs: 0, cwd: "/", windows: false };
  const good: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields)) {
    try {
      jobFromValue({ ...good, command: "true", [name]: value }, defaults);
      good[name] = value;
    } catch (error) {
      assert.ok(error instanceof BadInput, `${name}: ${error}`);
    }
  }
  return jobFromValue(good, defaults);
}

/** What `show` prints of a job, as JSON and as text. */
async function shown(store: Awaited<ReturnType<typeof openStore>>, id: string): Promise<string> {
  let said = "";
  const print = {
    result(value: unknown, forPeople: () => string) {
      said += JSON.stringify(value) + forPeople();
    },
    paint: (_colour: string, text: string) => text,
    columns: Infinity,
  };
  const context = { store: () => Promise.resolve(store), clock: systemClock, print };
  const { run } = show.definition as CommandDefinition;
  await run(context as unknown as Context, {}, [id]);
  return said;
}

Deno.test("every job that is accepted can be stored, run, settled, shown and said", async () => {
  using dir = tempDir();
  const store = await openStore(dir.home);
  const journals = [true, false].map((json) =>
    new LineJournal({ clock: systemClock, json, logs: dir.file("logs") })
  );
  await store.register(newSupervisor("one"));
  const supervisor = "one";
  try {
    await fc.assert(
      fc.asyncProperty(
        fields,
        settings,
        fc.constantFrom(...OUTCOMES),
        fc.constantFrom(0, T0, NaN, Infinity, 1e300, -1e16, T0 + 0.5),
        async (fields, settings, outcome, finishedAt) => {
          const job = accepted(fields);
          const [id] = await store.enqueue([job], { now: T0, idFormat: settings.idFormat });
          assert.deepEqual(JSON.parse(JSON.stringify(jobJson((await store.get(id!))!))).id, id);
          await shown(store, id!);
          await store.hold([id!], false);
          const { timeoutMs } = await store.edit(id!, { runAt: null }, T0);
          assertTime(timeoutMs);
          const claimed = await claimOne(store, supervisor);
          const ending = {
            outcome,
            exitCode: finishedAt,
            signal: null,
            error: "failed",
            startedAt: finishedAt,
            finishedAt,
          };
          const settlement = settlementOf(claimed, ending, { settings, random: 0.5, now: T0 });
          assertTime(settlement.finishedAt);
          for (const journal of journals) {
            journal.started(claimed);
            journal.settled(claimed, settlement);
          }
          const { refused } = await store.exchange(exchangeOf(supervisor, { settlements: [settlement] }));
          assert.deepEqual(refused, []);
          assert.ok((await shown(store, id!)).includes(claimed.command.slice(0, 4)));
          const { state } = (await store.get(id!))!;
          if (state === "failed" || state === "pending") await store.cancel([id!], T0);
        },
      ),
      { numRuns: 60 },
    );
    assert.deepEqual(await store.recount(), []);
  } finally {
    for (const journal of journals) await journal[Symbol.asyncDispose]();
    store.close();
  }
});

Deno.test("times that could not be written down again are refused", () => {
  assert.equal(parseTime("9999-12-31T23:59:59.999Z"), Date.parse("9999-12-31T23:59:59.999Z"));
  assert.equal(parseTime("9999-12-31T23:59:59-00:01"), undefined);
  assert.equal(parseTime("0000-01-01T00:00:00+00:01"), undefined);
});

Deno.test("flags take no duration beyond the longest there is", () => {
  const { parse } = duration("");
  assert.equal(parse("3650d"), 315_360_000_000);
  assert.throws(() => parse("9007199254740"), { message: /it takes a duration up to 3650d/ });
});
