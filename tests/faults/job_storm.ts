/**
 * @module
 * The jobs' own processes are killed at random: alone, and together with their workers. Every job is tried again
 * within its limits, and never twice at the same time.
 */
import type { Attempt, Job } from "../../src/domain/job.ts";
import { systemClock } from "../../src/system/clock.ts";
import { newJob } from "../helpers/jobs.ts";
import { until } from "../helpers/until.ts";
import { type TestStore, testStore } from "../helpers/worker.ts";
import { AFTERMATH, aftermath, complaints } from "./aftermath.ts";
import type { Circumstances, Fault, Report, Scale } from "./fault.ts";
import { Ledger, NOTE_END, NOTE_OVERLAP, NOTE_START } from "./ledger.ts";
import { jobProcesses } from "./processes.ts";
import { Workers } from "./workers.ts";

const PROCESSES = 3;
const ARGS = ["--count", "2"];
const MAX_RETRIES = 2;
const JOB_KILL_INTERVAL_MS = 30;
const PATIENCE_MS = { short: 5 * 60_000, full: 30 * 60_000 } as const satisfies Record<Scale, number>;
const JOBS = { short: 15, full: 400 } as const satisfies Record<Scale, number>;

/**
 * A few processes one after the other, each of which can be hit; when one is, the job fails or goes on. None comes to its
 * end before there is the file `hit`.
 */
const COMMAND = `${NOTE_OVERLAP}; ${NOTE_START}; ` +
  `sleep 0.1 && until [ -e hit ]; do sleep 0.1; done && sleep 0.1; code=$?; ${NOTE_END}; exit $code`;
/** After so many, jobs may end by themselves. */
const LEAST_KILLED = 3;

/** Jobs killed, then jobs and workers. */
export const JOB_STORM: Fault = {
  name: "job-storm",
  hasGaps: true,
  async run(scale, circumstances = {}) {
    const alone = await storm(scale, { ...circumstances, workersToo: false });
    const together = await storm(scale, { ...circumstances, workersToo: true });
    return {
      injected: `${alone.injected}; ${together.injected}`,
      checked: alone.checked,
      found: [
        ...alone.found.map((finding) => `Jobs killed: ${finding}`),
        ...together.found.map((finding) => `Jobs and workers killed: ${finding}`),
      ],
    };
  },
};

async function storm(
  scale: Scale,
  { workersToo, gapMs }: Circumstances & { workersToo: boolean },
): Promise<Report> {
  const jobs = JOBS[scale];
  using test = await testStore();
  await using workers = new Workers(test, { gapMs });
  await test.set({ backoff_base: "0", kill_grace: "1", poll_interval: "0.1" });
  const ids = await test.store.enqueue(
    Array.from(
      { length: jobs },
      () => newJob({ command: COMMAND, maxRetries: MAX_RETRIES, cwd: test.dir.path }),
    ),
    { now: Date.now(), idFormat: "short" },
  );
  for (let i = 0; i < PROCESSES; i++) workers.start(ARGS);

  const found: string[] = [];
  let killedJobs = 0;
  let killedWorkers = 0;
  const over = () => areOver(test, ids);
  const killWorkers = async () => {
    while (!await over()) {
      const newcomer = workers.replaceOne(ARGS);
      killedWorkers += 1;
      await workers.haveGoneOn(newcomer, over);
    }
  };
  const killer = new Killer(test);
  let isOver = false;
  const ending = (workersToo ? killWorkers() : until("all jobs have ended", over, PATIENCE_MS[scale]))
    .catch((error: Error) => found.push(error.message))
    .finally(() => isOver = true);
  while (!isOver) {
    await systemClock.sleep(JOB_KILL_INTERVAL_MS);
    if (killer.killOne() && ++killedJobs === LEAST_KILLED) Deno.writeTextFileSync(test.dir.file("hit"), "");
  }
  await ending;

  found.push(...await aftermath(test, workers), ...complaints(workers.log));
  const ledgers = {
    starts: new Ledger(test.dir.path, "starts"),
    ends: new Ledger(test.dir.path, "ends"),
  };
  for (const id of ids) {
    found.push(...verify((await test.store.get(id))!, await test.store.attempts(id), ledgers));
  }
  for (const { job, attempt } of new Ledger(test.dir.path, "overlaps").attempts) {
    found.push(`Attempt ${attempt} of ${job} started while another one was running.`);
  }
  if (killedJobs < LEAST_KILLED) found.push("Too few processes of jobs were killed.");
  const andWorkers = workersToo ? ` and ${killedWorkers} workers` : "";
  return {
    injected: `${killedJobs} processes of ${jobs} jobs${andWorkers} killed`,
    checked: [
      "every job ended completed or dead, within its retries",
      "no attempt started twice, no two of a job at the same time",
      "what completed came to its own end exactly once",
      ...AFTERMATH,
    ],
    found,
  };
}

async function areOver({ store }: TestStore, ids: readonly string[]): Promise<boolean> {
  return (await store.states(ids)).every((state) => state === "completed" || state === "dead");
}

/**
 * Kills processes of jobs at random, but no attempt twice before it has begun: those are put back and begun anew, more
 * and more slowly, so that on a slow machine none would ever begin.
 */
class Killer {
  readonly #test: TestStore;
  readonly #hit = new Set<string>();

  constructor(test: TestStore) {
    this.#test = test;
  }

  /** Returns whether there was one to kill. */
  killOne(): boolean {
    const started = new Ledger(this.#test.dir.path, "starts");
    const found = jobProcesses(this.#test.home).filter(({ job, attempt }) =>
      started.count(job, attempt) > 0 || !this.#hit.has(`${job} ${attempt}`)
    );
    const victim = found[Math.floor(Math.random() * found.length)];
    if (!victim) return false;
    this.#hit.add(`${victim.job} ${victim.attempt}`);
    try {
      Deno.kill(victim.pid, "SIGKILL");
      return true;
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return false;
      throw error;
    }
  }
}

function verify(
  job: Job,
  attempts: readonly Attempt[],
  { starts, ends }: { starts: Ledger; ends: Ledger },
): string[] {
  const { id, state } = job;
  const found: string[] = [];
  const outcomes = attempts.map(({ outcome }) => outcome);
  const said = `${id} is ${state} after ${outcomes.join(", ")}`;
  if (state !== "completed" && state !== "dead") return [`${said}.`];
  if (attempts.length > MAX_RETRIES + 1) found.push(`${said}: more attempts than it may have.`);
  if (state === "dead" && attempts.length < MAX_RETRIES + 1) found.push(`${said}: it had retries left.`);
  const completed = outcomes.filter((outcome) => outcome === "completed").length;
  if (completed !== (state === "completed" ? 1 : 0)) found.push(`${said}.`);
  const numbers = attempts.map(({ attempt }) => attempt);
  if (numbers.some((number, i) => number !== i + 1)) found.push(`${said}, numbered ${numbers.join(", ")}.`);
  for (const { attempt, outcome } of attempts) {
    if (starts.count(id, attempt) > 1) found.push(`Attempt ${attempt} of ${id} started more than once.`);
    const ended = ends.count(id, attempt);
    if (ended > 1) found.push(`Attempt ${attempt} of ${id} ended ${ended} times.`);
    // One that noted its end may still be killed before it exits; the other way round is a lie.
    if (outcome === "completed" && ended === 0) {
      found.push(`Attempt ${attempt} of ${id} is completed, though it never came to its end.`);
    }
  }
  const unknown = starts.attempts.filter(({ job, attempt }) => job === id && !numbers.includes(attempt));
  for (const { attempt } of unknown) {
    found.push(`Attempt ${attempt} of ${id} started, but the store knows nothing of it.`);
  }
  return found;
}
