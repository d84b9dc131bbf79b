/**
 * @module
 * Which ends are worth another attempt, and how long to wait for it.
 */
import assert from "node:assert/strict";
import { BadInput } from "../../src/domain/errors.ts";
import {
  checkRetryLists,
  type Ending,
  ownBackoff,
  readBackoff,
  readEnds,
  whyNotAgain,
} from "../../src/domain/policy.ts";
import { nextState, retryDelayMs, snoozedUntil } from "../../src/domain/retry.ts";
import { DEFAULT_SETTINGS } from "../../src/domain/settings.ts";
import { ended } from "../helpers/jobs.ts";

const MINUTE = 60_000;

function exit(exitCode: number): Ending {
  return { outcome: "failed", exitCode, signal: null };
}

function killed(signal: string): Ending {
  return { outcome: "failed", exitCode: null, signal };
}

Deno.test("ends are codes, ranges, signals and words, in either case", () => {
  assert.equal(readEnds("75, 100-110 ,sigsegv,LOST"), "75,100-110,SIGSEGV,lost");
  assert.equal(readEnds([1, "2-2"]), "1,2");
  assert.equal(readEnds("default"), null);
  for (
    const foul of ["", ",", "0", "110-100", "SEGV", "SIGSEG", "1-", "-1", "1.5", "never", 7, null, [], {}]
  ) {
    assert.equal(readEnds(foul), undefined, JSON.stringify(foul));
  }
});

Deno.test("with retry_on nothing else is tried again, with no_retry_on all but that", () => {
  const only = { retryOn: "75,100-110,SIGSEGV,timeout", noRetryOn: null };
  const again = (end: Ending) => whyNotAgain(only, end) === undefined;
  assert.deepEqual([75, 99, 100, 105, 110, 111].map(exit).map(again), [true, false, true, true, true, false]);
  assert.deepEqual([killed("SIGSEGV"), killed("SIGKILL")].map(again), [true, false]);
  const words = (["timed_out", "idle", "lost"] as const).map((outcome) => ({
    outcome,
    exitCode: 75, // of what was ended, which says nothing
    signal: "SIGSEGV",
  }));
  assert.deepEqual(words.map(again), [true, false, false]);
  const all = { retryOn: null, noRetryOn: "2,idle" };
  assert.deepEqual([exit(1), exit(2), killed("SIGINT"), ...words].map((end) => whyNotAgain(all, end)), [
    undefined,
    "no_retry_on names it",
    undefined,
    undefined,
    "no_retry_on names it",
    undefined,
  ]);
});

Deno.test("an end that is in both lists is refused by name", () => {
  const check = (retryOn: string, noRetryOn: string) => () => checkRetryLists({ retryOn, noRetryOn });
  const refused = (message: RegExp) => (error: unknown) =>
    error instanceof BadInput && message.test(error.message);
  assert.throws(
    check("75,100-110", "105-120,2"),
    refused(/^Cannot both retry and not retry on 105-110: it is in retry_on/),
  );
  assert.throws(check("lost", "timeout,lost"), refused(/on lost:/));
  check("1,SIGINT", "2,SIGTERM,lost")();
});

Deno.test("a job whose end is not to be tried again is dead though retries are left, and why is said", () => {
  const state = (exitCode: number) =>
    nextState(ended({ exitCode, maxRetries: 5, noRetryOn: "2" }), DEFAULT_SETTINGS, 0.5);
  assert.deepEqual(state(2), { state: "dead", runAt: null, why: "no_retry_on names it" });
  assert.deepEqual(state(3), { state: "failed", runAt: 2000 });
});

Deno.test("a backoff is delays, or any parts of what the settings say", () => {
  assert.equal(readBackoff("5,30s,1h0m1s"), "5s,30s,1h1s".replace("1h1s", "3601s"));
  assert.equal(readBackoff("factor=3, base=1.5"), "base=1.5,factor=3");
  assert.equal(readBackoff("default"), null);
  for (
    const foul of [
      "",
      "x",
      "5s,base=2",
      "base=",
      "base=-1",
      "factor=0.5",
      "base=1,base=2",
      "jitter=2",
      5,
      null,
    ]
  ) {
    assert.equal(readBackoff(foul), undefined, JSON.stringify(foul));
  }
  const delays = (backoff: string, count = 4) =>
    Array.from(
      { length: count },
      (_, i) => retryDelayMs(i + 1, { ...DEFAULT_SETTINGS, ...ownBackoff(backoff) }, 0.5) / 1000,
    );
  assert.deepEqual(delays("5s,30s,5m"), [5, 30, 300, 300]);
  assert.deepEqual(delays("base=3"), [3, 9, 27, 81]);
  assert.deepEqual(delays("base=10,factor=2,max=30s"), [10, 20, 30, 30]);
});

Deno.test("putting off is bounded from the first time on, by a last attempt at that time", () => {
  const until = (retryInMs: number, finishedAt: number, maxWaitMs: number | null) =>
    snoozedUntil({ retryInMs, finishedAt, since: 0, maxWaitMs });
  assert.equal(until(MINUTE, 5 * MINUTE, null), 6 * MINUTE);
  assert.equal(until(MINUTE, 5 * MINUTE, 0), 6 * MINUTE);
  assert.equal(until(0, 5 * MINUTE, null), 5 * MINUTE + 1000);
  assert.equal(until(10 * MINUTE, 5 * MINUTE, 6 * MINUTE), 6 * MINUTE);
  assert.equal(until(10 * MINUTE, 6 * MINUTE, 6 * MINUTE), undefined);
});
