/**
 * @module
 * Jobs of known kinds in a home: enqueued together, and in the end compared with what was to become of them.
 */
import { STREAMS } from "../../src/domain/job.ts";
import { newJob } from "../helpers/jobs.ts";
import type { TestStore } from "../helpers/worker.ts";
import type { Kind } from "./kinds.ts";
import { Ledger } from "./ledger.ts";

/** What `verify` looks at. */
export const VERIFIED: readonly string[] = [
  "every job ended as it should, with its own exit code",
  "every attempt started exactly once and ended exactly once",
  "no two attempts of a job ran at the same time",
  "output complete and in order, no byte twice",
];

/** The jobs in a home whose end is known beforehand. */
export class Charge {
  readonly #test: TestStore;
  readonly #kinds = new Map<string, Kind>();

  constructor(test: TestStore) {
    this.#test = test;
  }

  /** Their ids. */
  get ids(): string[] {
    return [...this.#kinds.keys()];
  }

  /** Enqueues a job of each kind, and returns their ids. */
  async enqueue(...kinds: readonly Kind[]): Promise<string[]> {
    const jobs = kinds.map(({ command, changes }) =>
      newJob({ command, maxRetries: 0, cwd: this.#test.dir.path, ...changes })
    );
    const ids = await this.#test.store.enqueue(jobs, { now: Date.now(), idFormat: "short" });
    for (const [i, id] of ids.entries()) this.#kinds.set(id, kinds[i]!);
    return ids;
  }

  /** Whether every job has come to its end. */
  async over(): Promise<boolean> {
    const queues = await this.#test.store.queues();
    return queues.every(({ counts }) =>
      counts.blocked + counts.pending + counts.scheduled + counts.processing + counts.failed === 0
    );
  }

  /** Whether a job's first attempt has noted its start. */
  hasStarted(id: string): boolean {
    return this.#ledger("starts").count(id, 1) > 0;
  }

  /** What is not as it should be, a sentence each. To be asked when all jobs have ended. */
  async verify(): Promise<string[]> {
    const ledgers = { starts: this.#ledger("starts"), ends: this.#ledger("ends") };
    const found: string[] = [];
    for (const [id, kind] of this.#kinds) {
      found.push(...await this.#verifyEnd(id, kind), ...await this.#verifyOutput(id, kind));
      found.push(...await this.#verifyResult(id, kind), ...verifyNotes(id, kind, ledgers));
    }
    for (const { job, attempt } of this.#ledger("overlaps").attempts) {
      found.push(`Attempt ${attempt} of ${job} started while another one was running.`);
    }
    return found;
  }

  #ledger(name: "starts" | "ends" | "overlaps"): Ledger {
    return new Ledger(this.#test.dir.path, name);
  }

  async #verifyEnd(id: string, kind: Kind): Promise<string[]> {
    const job = await this.#test.store.get(id);
    if (!job) return [`${id} is gone.`];
    const attempts = await this.#test.store.attempts(id);
    const last = attempts.at(-1);
    const is = [job.state, job.exitCode, last?.outcome ?? null, attempts.length].join(", ");
    // What a process that is ended says with its last breath does not matter.
    const exitCode = kind.exitCode ?? job.exitCode;
    const shouldBe = [kind.state, exitCode, kind.outcome, kind.attempts].join(", ");
    if (is === shouldBe) return [];
    const said = attempts.map((one) => `${one.outcome} ${one.exitCode} ${one.error ?? ""}`.trim()).join(
      " / ",
    );
    return [`${id}, which ${kind.that}, is (${is}) instead of (${shouldBe}): ${said}.`];
  }

  async #verifyResult(id: string, { result, attempts }: Kind): Promise<string[]> {
    if (result === undefined) return [];
    const bytes = await this.#test.store.result(id, attempts);
    const left = bytes && new TextDecoder().decode(bytes);
    return left === result ? [] : [`The result of ${id} is ${left} instead of ${result}.`];
  }

  async #verifyOutput(id: string, { printed, attempts }: Kind): Promise<string[]> {
    if (!printed) return [];
    const pieces = await this.#test.store.output(id, attempts, { limit: 10_000 });
    const text = new TextDecoder();
    return STREAMS.flatMap((name) => {
      let length = 0;
      let stored = "";
      for (const { stream, start, bytes } of pieces) {
        if (stream !== name) continue;
        if (start !== length) {
          return [`A piece of the ${name} of ${id} begins at ${start} instead of ${length}.`];
        }
        length += bytes.length;
        stored += text.decode(bytes);
      }
      if (stored === printed[name]) return [];
      return [`The ${name} of ${id} is ${stored.length} characters that differ from what it printed.`];
    });
  }
}

function verifyNotes(id: string, kind: Kind, { starts, ends }: { starts: Ledger; ends: Ledger }): string[] {
  const found: string[] = [];
  const numbers = Array.from({ length: kind.attempts }, (_, i) => i + 1);
  for (const attempt of numbers) {
    const started = starts.count(id, attempt);
    const ended = ends.count(id, attempt);
    if (started !== 1) found.push(`Attempt ${attempt} of ${id} started ${started} times.`);
    if (ended !== (kind.ends ? 1 : 0)) found.push(`Attempt ${attempt} of ${id} ended ${ended} times.`);
  }
  const all = starts.attemptsOf(id);
  if (all > kind.attempts) {
    found.push(`${id}, which ${kind.that}, needed ${kind.attempts} attempts, but ${all} started.`);
  }
  return found;
}
