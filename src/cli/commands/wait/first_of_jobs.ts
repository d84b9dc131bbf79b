/**
 * @module
 * Waiting for the first of several jobs that ends. Of those that have ended by the first look, it is the one that ended
 * first.
 */
import { noSuchJob } from "../../../domain/errors.ts";
import { ENDED, type Job } from "../../../domain/job.ts";
import type { Store } from "../../../store/contract.ts";
import type { Obstacle } from "../../../views/standstill.ts";
import type { Context } from "../../line/context.ts";
import { say } from "./say.ts";

export class FirstOfJobs {
  readonly #context: Context;
  readonly #ids: readonly string[];
  #first: Pick<Job, "id" | "state"> | undefined;

  constructor(context: Context, ids: readonly string[]) {
    this.#context = context;
    this.#ids = ids;
  }

  /** Looks once; says how many jobs are left to wait for. */
  async look(store: Store): Promise<number> {
    const states = await store.states(this.#ids);
    const missing = states.indexOf(undefined);
    if (missing >= 0) throw noSuchJob("wait for", this.#ids[missing]!);
    const ended = this.#ids.filter((_, n) => ENDED.includes(states[n]!));
    const jobs = (await Promise.all(ended.map((id) => store.get(id))))
      .filter((job): job is Job => job !== undefined && ENDED.includes(job.state));
    const [first] = jobs.sort((a, b) => a.finishedAt! - b.finishedAt! || a.seq - b.seq);
    if (!first) return this.#ids.length;
    this.#first = first;
    return 0;
  }

  /** What keeps them from starting. */
  async whyItStands(): Promise<Obstacle[]> {
    const { whyJobsStand } = await import("../say_standstill.ts");
    return await whyJobsStand(this.#context, this.#ids);
  }

  /** Whether it ended as it should; prints it. */
  conclude(): boolean {
    const { id, state } = this.#first!;
    say(() => this.#context.print.result({ jobs: [{ id, state }] }, () => `${id} ${state}`));
    return state === "completed";
  }
}
