/**
 * @module
 * All that can be seen of a store, as lines of text: two stores with the same lines cannot be told apart.
 * Lines, so that a difference is one that a person can read.
 */
import { COUNTED, noFigures } from "../../src/domain/figures.ts";
import { type Job, STATES } from "../../src/domain/job.ts";
import type { Store } from "../../src/store/contract.ts";
import type { Model, ModelFigures, ModelJob } from "./model.ts";

/** More jobs than any test has, on one page. */
const ALL = 1_000_000;

/** What the model says there is. */
export function viewOfModel(model: Model): string {
  const jobs = model.jobs.map((job) => jobLine(job, job.printed.at(job.lastAttempt - 1) ?? 0, running(job)));
  const queues = [...new Set([...model.queues.keys(), ...model.jobs.map(({ queue }) => queue)])].map((name) =>
    queueLine({
      name,
      ...model.queues.get(name) ?? { paused: false, concurrency: null },
      counts: STATES.map((state) =>
        model.jobs.filter((job) => job.queue === name && job.state === state).length
      ),
    })
  );
  return lines(jobs, queues, [...model.supervisors], model.figures);
}

/** What there really is. */
export async function viewOfStore(store: Store): Promise<string> {
  const jobs: string[] = [];
  for (const job of (await store.list({ sort: "oldest", limit: ALL })).jobs) {
    if (job.lastAttempt === 0) {
      jobs.push(jobLine(job, 0, 0));
      continue;
    }
    const pieces = await store.output(job.id, job.lastAttempt);
    const attempts = await store.attempts(job.id);
    const running = attempts.filter(({ outcome }) => outcome === null).length;
    jobs.push(jobLine(job, pieces.reduce((sum, { bytes }) => sum + bytes.length, 0), running));
  }
  const queues = (await store.queues()).map((queue) =>
    queueLine({ ...queue, counts: STATES.map((state) => queue.counts[state]) })
  );
  const supervisors = (await store.workers()).map(({ supervisor }) => supervisor);
  const total = noFigures();
  for (const { figures } of await store.figures({ span: "total", queue: null })) {
    for (const key of COUNTED) total[key] += figures[key];
  }
  return lines(jobs, queues, supervisors, total);
}

function running(job: ModelJob): number {
  return job.owner === null ? 0 : 1;
}

type Seen =
  & Pick<Job, "id" | "queue" | "priority" | "command" | "state" | "held" | "runAt">
  & Pick<Job, "attempts" | "lastAttempt" | "cancelRequested">;

function jobLine(job: Seen, printed: number, running: number): string {
  const { id, queue, state, priority, runAt, attempts, lastAttempt } = job;
  return `job ${id} ${state} in ${queue} priority ${priority} run_at ${runAt} held ${job.held} ` +
    `attempts ${attempts} of ${lastAttempt} (${running} running, printed ${printed}) ` +
    `cancel ${job.cancelRequested} command ${job.command.slice(0, 20)} (${job.command.length})`;
}

/** A queue without jobs and switches is the same as none. */
function queueLine(queue: {
  name: string;
  paused: boolean;
  concurrency: number | null;
  counts: number[];
}): string {
  const { name, paused, concurrency, counts } = queue;
  const plain = !paused && concurrency === null && counts.every((n) => n === 0);
  return plain ? "" : `queue ${name} paused ${paused} concurrency ${concurrency} counts ${counts.join(" ")}`;
}

function lines(jobs: string[], queues: string[], supervisors: string[], figures: ModelFigures): string {
  return [
    ...jobs,
    ...queues.filter((line) => line !== "").sort(),
    `supervisors ${supervisors.sort().join(" ")}`,
    `figures ${COUNTED.map((key) => `${key} ${figures[key]}`).join(" ")}`,
  ].join("\n");
}

/** The first line in which two views differ, in words; undefined when there is none. */
export function difference(store: string, model: string): string | undefined {
  if (store === model) return undefined;
  const [is, should] = [store.split("\n"), model.split("\n")];
  const at = Math.max(is.findIndex((line, i) => line !== should[i]), 0);
  return `the store says "${is[at]}", the model "${should[at] ?? "nothing"}"`;
}
