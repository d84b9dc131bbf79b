/**
 * @module
 * The supervisor: the main thread of `worker start`. It alone talks to the store. One loop, woken by ended jobs,
 * the doorbell and timers, settles what has ended and claims what comes next in one transaction, then hands the
 * jobs to its threads.
 *
 * Invariants: a job is handed to a thread only after its claim is committed; its spool is removed only after its
 * settlement is; once the lease is lost, nothing is settled any more.
 */
import { type Clock, LONGEST_TIMER_MS } from "../clock.ts";
import { UserError } from "../errors.ts";
import type { Home } from "../home.ts";
import { nextState } from "../retry.ts";
import { type Settings, settingsFrom } from "../settings.ts";
import type { AttemptOutput, ClaimedJob, Exchanged, Settlement, Store } from "../store/store.ts";
import { Crew } from "./crew.ts";
import { endTree } from "./end_tree.ts";
import { newId } from "./ids.ts";
import type { Journal } from "./journal.ts";
import { Latch } from "../latch.ts";
import type { RunRequest } from "./messages.ts";
import { hasBegun, removeSpool } from "./output.ts";
import type { Host } from "./process.ts";
import { rescueLapsed } from "./rescue.ts";

/** What a supervisor needs. */
export interface SupervisorOptions {
  /** Never used before: its leases, attempts and spool go by it. */
  id: string;
  /** Closed by the caller, after `run`. */
  store: Store;
  /** Where the spool is; commands see it as `QUEUECTL_HOME`. */
  home: Home;
  /** As `probeHost` found it. */
  host: Host;
  /** The program's entry file, which is the threads' too. */
  entry: URL;
  /** How many workers, each on a thread of its own. */
  count: number;
  /** How many jobs each worker runs at a time. */
  slots: number;
  /** Where they take jobs from; null is all queues. */
  queues: readonly string[] | null;
  /** Stop when nothing is left to run or to retry. */
  burst: boolean;
  /** Told what happens. */
  journal: Journal;
  /** For every time it notes and every pause it makes. */
  clock: Clock;
}

/** How an attempt ended, as far as that is known before its job's next state is decided. */
type Ending = Omit<Settlement, "token" | "state" | "runAt">;

/** A settlement and the job it is about. */
interface Settled {
  job: ClaimedJob;
  settlement: Settlement;
}

/** After the store refused to work, wait this long before trying again. */
const STORE_RETRY_MS = 1000;
const PRUNE_INTERVAL_MS = 60_000;
const PRUNE_STEP = 500;

/** Runs jobs until told to stop. */
export class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #workers: readonly string[];
  readonly #crew: Crew;
  readonly #spool: string;
  readonly #latch = new Latch();
  readonly #closing = new AbortController();
  #settings: Settings;
  #leaseUntil: number;
  #leaseLost = false;
  /** What the next exchange takes along. */
  #settlements: Settled[] = [];
  #output: AttemptOutput[] = [];
  /** Jobs that have begun and are not in the journal yet. */
  #begun: ClaimedJob[] = [];
  /** Somebody may have enqueued something, or something may be due. */
  #mayClaim = true;
  #ordersDue = true;
  /** Jobs of crashed threads whose processes are being ended. */
  #orphans = 0;
  #dueTimer: ReturnType<typeof setTimeout> | undefined;
  /** The store refused to work; there will be another try soon. */
  #retrying = false;

  /** Announces a supervisor with its workers in the store and starts their threads. They run nothing before `run`. */
  static async start(options: SupervisorOptions): Promise<Supervisor> {
    const { id, store, host, count, slots, queues, clock } = options;
    const settings = settingsFrom(await store.settings());
    const workers = Array.from({ length: count }, () => newId("worker"));
    const now = clock.now();
    await store.register({
      id,
      host: host.name,
      bootId: host.bootId,
      pid: Deno.pid,
      startedAt: now,
      leaseUntil: now + settings.leaseMs,
      workers: workers.map((worker) => ({ id: worker, slots, queues })),
    });
    return new Supervisor(options, { workers, settings, leaseUntil: now + settings.leaseMs });
  }

  private constructor(
    options: SupervisorOptions,
    { workers, settings, leaseUntil }: { workers: string[]; settings: Settings; leaseUntil: number },
  ) {
    this.#options = options;
    this.#workers = workers;
    this.#settings = settings;
    this.#leaseUntil = leaseUntil;
    this.#spool = `${options.home.spool}/${options.id}`;
    Deno.mkdirSync(this.#spool, { recursive: true, mode: 0o700 });
    this.#crew = new Crew(workers, {
      entry: options.entry,
      slots: options.slots,
      clock: options.clock,
      events: {
        ready: () => this.#wake(),
        output: (token, pieces) => {
          this.#output.push({ token, pieces });
          this.#latch.ring();
        },
        began: (job) => this.#begun.push(job),
        ended: (ended) => {
          for (const one of ended) {
            if (one.ended.pieces.length > 0) {
              this.#output.push({ token: one.job.token, pieces: one.ended.pieces });
            }
            this.#settle(one.job, one.ended);
          }
        },
        returned: (jobs) => this.#undo(jobs),
        crashed: (worker, crash) => this.#threadCrashed(worker, crash),
      },
    });
  }

  /** The ids of its workers. */
  get workers(): readonly string[] {
    return this.#workers;
  }

  /** How many jobs its workers have. */
  get busy(): number {
    return this.#crew.busy;
  }

  /**
   * Runs jobs until it was told to stop and everything it ran has ended, or until its lease was lost: then the
   * caller may start another supervisor.
   */
  async run(): Promise<"stopped" | "lease lost"> {
    const { store } = this.#options;
    const background = [
      this.#every(() => this.#settings.pollIntervalMs, () => this.#wake()),
      this.#every(() => this.#settings.leaseMs / 3, () => this.#renewLease()),
      this.#every(() => this.#settings.pollIntervalMs, () => rescueLapsed(this.#options, this.#settings)),
      this.#every(() => PRUNE_INTERVAL_MS, () => this.#prune()),
    ];
    const listener = store.listen(() => this.#wake());
    await this.#loop();
    listener[Symbol.dispose]();
    clearTimeout(this.#dueTimer);
    this.#closing.abort();
    await Promise.all(background);
    this.#crew.close();
    if (!this.#leaseLost) await this.#attempt(() => store.leave(this.#options.id));
    // Whoever rescued our jobs has removed it already.
    await Deno.remove(this.#spool, { recursive: true }).catch(() => {});
    return this.#leaseLost ? "lease lost" : "stopped";
  }

  /**
   * Claims nothing more; from `endAt` on (ms since the epoch), ends what still runs and puts it back. Null lets
   * everything come to its own end.
   */
  stop(endAt: number | null): void {
    this.#crew.stop({ endAt, graceMs: this.#settings.killGraceMs });
    this.#latch.ring();
  }

  #wake(): void {
    this.#mayClaim = true;
    this.#ordersDue = true;
    this.#latch.ring();
  }

  async #loop(): Promise<void> {
    while (this.#crew.size > 0) {
      await this.#latch.heard();
      let waiting: boolean | undefined;
      if (this.#leaseLost) {
        this.#settlements = [];
      } else {
        if (this.#ordersDue) await this.#attempt(() => this.#takeOrders());
        waiting = await this.#attempt(() => this.#exchange());
      }
      if (this.#settlements.length > 0 || this.#orphans > 0) continue;
      if (this.#options.burst && waiting === false && this.busy === 0) this.stop(null);
      const retired = this.#crew.retire();
      if (retired.length > 0) await this.#attempt(() => this.#options.store.unregister(retired));
    }
  }

  /** Follows what the supervisor was told through the store. */
  async #takeOrders(): Promise<void> {
    this.#ordersDue = false;
    const { stops, cancels, settings } = await this.#options.store.orders(this.#options.id);
    this.#settings = settingsFrom(settings);
    const graceMs = this.#settings.killGraceMs;
    for (const token of cancels) this.#crew.end(token, "cancelled", graceMs);
    for (const { worker, endAt } of stops) this.#crew.stop({ worker, endAt, graceMs });
  }

  /**
   * Settles and claims in one transaction. Returns whether jobs wait for these workers, or undefined when there was
   * no reason to ask.
   */
  async #exchange(): Promise<boolean | undefined> {
    const { id, store, queues, clock } = this.#options;
    const free = this.#mayClaim ? this.#crew.openings() : [];
    this.#tellBegun();
    if (free.length === 0 && this.#settlements.length === 0 && this.#output.length === 0) return undefined;
    const settled = this.#settlements;
    const output = this.#output;
    this.#settlements = [];
    this.#output = [];
    this.#mayClaim = false;
    let exchanged: Exchanged;
    try {
      const settlements = settled.map((one) => one.settlement);
      exchanged = await store.exchange({
        supervisor: id,
        now: clock.now(),
        settlements,
        output,
        free,
        queues,
      });
    } catch (error) {
      // What has ended stays ended: its result waits here until the store works again.
      this.#settlements.unshift(...settled);
      this.#output.unshift(...output);
      throw error;
    }
    if (exchanged.claimed.length === free.length) this.#mayClaim = true;
    this.#undo(this.#crew.run(exchanged.claimed.map((job) => ({ job, request: this.#request(job) }))));
    this.#afterSettling(settled, exchanged.refused);
    this.#tellBegun();
    this.#setDueTimer(exchanged.nextDueAt);
    return free.length > 0 ? exchanged.waiting : undefined;
  }

  #request(job: ClaimedJob): RunRequest {
    const { host, home } = this.#options;
    const { killGraceMs, outputLimit, shell } = this.#settings;
    return {
      token: job.token,
      command: job.command,
      shell,
      spool: this.#spoolOf(job.token),
      cwd: job.cwd,
      env: {
        ...job.env,
        QUEUECTL_JOB_ID: job.id,
        QUEUECTL_ATTEMPT: String(job.lastAttempt),
        QUEUECTL_QUEUE: job.queue,
        QUEUECTL_HOME: home.dir,
      },
      timeoutMs: job.timeoutMs,
      killGraceMs,
      outputLimit,
      procfs: host.procfs,
      detached: host.terminal || !host.procfs,
    };
  }

  #spoolOf(token: string): string {
    return `${this.#spool}/${token}`;
  }

  /** Notes how an attempt ended, for the next exchange. */
  #settle(job: ClaimedJob, { outcome, exitCode, signal, error, startedAt, finishedAt }: Ending): void {
    const next = nextState({ ...job, outcome, finishedAt }, this.#settings, Math.random());
    const settlement = { token: job.token, outcome, exitCode, signal, error, startedAt, finishedAt, ...next };
    this.#settlements.push({ job, settlement });
    this.#mayClaim = true;
    this.#latch.ring();
  }

  /** Jobs that were claimed and never begun are as if they had not been claimed. */
  #undo(jobs: readonly ClaimedJob[]): void {
    const now = this.#options.clock.now();
    for (const job of jobs) this.#settle(job, withoutResult("unstarted", { error: null, now }));
  }

  #tellBegun(): void {
    for (const job of this.#begun) this.#options.journal.started(job);
    this.#begun = [];
  }

  #afterSettling(settled: readonly Settled[], refused: readonly string[]): void {
    const { journal } = this.#options;
    for (const { job, settlement } of settled) {
      if (settlement.outcome !== "unstarted") removeSpool(this.#spoolOf(job.token));
      if (!refused.includes(job.token)) journal.settled(job, settlement);
      else journal.note(`result of ${job.id} refused: the job is no longer ours`, job.worker);
    }
  }

  /** Nobody watches the crashed thread's jobs any more: ends their processes, then settles them as lost. */
  async #threadCrashed(
    worker: string,
    { jobs, message }: { jobs: readonly ClaimedJob[]; message: string },
  ): Promise<void> {
    const { journal, host, clock } = this.#options;
    journal.note(`thread crashed and is replaced: ${message}`, worker);
    this.#orphans += jobs.length;
    const ending = { graceMs: this.#settings.killGraceMs, procfs: host.procfs, clock };
    await Promise.all(jobs.map(async (job) => {
      await endTree(() => ({ token: job.token, root: null }), ending);
      this.#orphans -= 1;
      if (!hasBegun(this.#spoolOf(job.token))) return this.#undo([job]);
      const error = `lost: its worker's thread crashed: ${message}`;
      this.#settle(job, withoutResult("lost", { error, now: clock.now() }));
    }));
  }

  /** Wakes the loop when the next job is due. */
  #setDueTimer(nextDueAt: number | null): void {
    clearTimeout(this.#dueTimer);
    if (nextDueAt === null) return;
    const delayMs = Math.max(0, nextDueAt - this.#options.clock.now());
    this.#dueTimer = setTimeout(() => this.#wake(), Math.min(delayMs, LONGEST_TIMER_MS));
  }

  /** Renews the lease well before it ends. Once it has ended, others may take the jobs: then all of them are ended. */
  async #renewLease(): Promise<void> {
    if (this.#leaseLost) return;
    const { id, store, clock, journal } = this.#options;
    const now = clock.now();
    const leaseUntil = now + this.#settings.leaseMs;
    const renewed = await this.#attempt(() => store.renew(id, { now, leaseUntil }));
    if (renewed) {
      this.#leaseUntil = leaseUntil;
    } else if (renewed === false || clock.now() >= this.#leaseUntil) {
      this.#leaseLost = true;
      journal.note("the lease has ended: ending all jobs, since others may run them", null);
      this.stop(clock.now());
    }
  }

  async #prune(): Promise<void> {
    const { retentionMs } = this.#settings;
    if (retentionMs === 0) return;
    const { store, clock } = this.#options;
    while (await store.prune(clock.now() - retentionMs, PRUNE_STEP) === PRUNE_STEP) {
      if (this.#closing.signal.aborted) return;
    }
  }

  /** Does something again and again until the supervisor closes, with a pause before each time. */
  async #every(intervalMs: () => number, action: () => void | Promise<void>): Promise<void> {
    const { signal } = this.#closing;
    while (true) {
      await this.#options.clock.sleep(intervalMs(), signal);
      if (signal.aborted) return;
      await this.#attempt(async () => await action());
    }
  }

  async #retrySoon(reason: string): Promise<void> {
    const { journal, clock } = this.#options;
    this.#retrying = true;
    journal.note(reason, null);
    await clock.sleep(STORE_RETRY_MS, this.#closing.signal);
    this.#retrying = false;
    this.#wake();
  }

  /**
   * Does something with the store; when that cannot be used, says so and looks again later. However many things
   * fail until then, that is said and planned once.
   */
  async #attempt<T>(action: () => Promise<T>): Promise<T | undefined> {
    try {
      return await action();
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      if (!this.#retrying) this.#retrySoon(error.message);
      return undefined;
    }
  }
}

/** The end of an attempt that has no result of its own. */
function withoutResult(
  outcome: "lost" | "unstarted",
  { error, now }: { error: string | null; now: number },
): Ending {
  return { outcome, exitCode: null, signal: null, error, startedAt: null, finishedAt: now };
}
