/**
 * @module
 * The supervisor: the main thread of `worker start`. It alone talks to the store. One loop, woken by ended jobs,
 * the doorbell and timers, settles what has ended and claims what comes next in one transaction, then hands the
 * jobs to its threads.
 *
 * Invariants: a job is handed to a thread only after its claim is committed; its spool is removed only after its
 * settlement is; once others have taken over, nothing is done any more to what it ran.
 */
import { type StoreGone, StoreNewer, type UserError } from "../../domain/errors.ts";
import { type Settings, settingsFrom } from "../../domain/settings.ts";
import { newId } from "../../domain/worker_id.ts";
import type { Change, ClaimedJob, Store } from "../../store/contract.ts";
import { fromReserve } from "../../store/reserve.ts";
import { type Clock, LONGEST_TIMER_MS } from "../../system/clock.ts";
import type { Home } from "../../system/home.ts";
import { Latch } from "../../system/latch.ts";
import { atMost, every, nextTurn } from "../../system/rounds.ts";
import type { AttemptEnd, RunRequest } from "../messages.ts";
import { thisPlatform } from "../process/this_platform.ts";
import type { Host } from "../process/platform.ts";
import { EndsFiles } from "../spool/ends_files.ts";
import { openSpool, type OwnSpool, sweepSpools } from "../spool/spools.ts";
import { AfterSettling } from "./after_settling.ts";
import { Burst } from "./burst.ts";
import { Condemned } from "./condemned.ts";
import { Crew } from "./crew.ts";
import { Distance } from "./distance.ts";
import { failureOf } from "./failure.ts";
import { type Journal, unfailing } from "./journal.ts";
import { Lease } from "./lease.ts";
import { Leftovers } from "./leftovers.ts";
import { Maintenance } from "./maintenance.ts";
import { Outbox } from "./outbox.ts";
import { Patience } from "./patience.ts";
import { Pauses } from "./pauses.ts";
import { requestOf } from "./run_request.ts";
import { ReserveWatch } from "./reserve_watch.ts";
import { endWithoutResult, lastSaid, namingHost, settlementOf } from "./settlement.ts";
import { SignOff } from "./sign_off.ts";
import { Succession } from "./succession.ts";
import { Timetable } from "./timetable.ts";
import { Trouble } from "./trouble.ts";
import { UsageWatch } from "./usage_watch.ts";

export interface SupervisorOptions {
  /** Never used before: its leases, attempts and spool go by it. */
  id: string;
  /** Closed by the caller, after `run`. */
  store: Store;
  /** Where the spool is; commands see it as `QUEUECTL_HOME`. */
  home: Home;
  /** As `probeHost` found it. */
  host: Host;
  /** Commands see it as `QUEUECTL_STORE`; undefined where the home says it. */
  storeName?: string | undefined;
  /** Where jobs run that name no directory; null when it is gone. */
  directory: string | null;
  /** The threads' entry file. */
  entry: URL;
  /** How many workers, each on a thread of its own. */
  count: number;
  /** How many jobs each worker runs at a time. */
  slots: number;
  /** Where they take jobs from; null is all queues. */
  queues: readonly string[] | null;
  /** Units of the things that this host has, for its jobs, by name; left out is none. */
  has?: ReadonlyMap<string, number>;
  /** As in `RunConditions`; true unless given. */
  gpusAreOpen?: boolean;
  /** Stop when nothing is left to run or to retry. With `leave-scheduled`, jobs whose time was set are not waited for. */
  burst: boolean | "leave-scheduled";
  journal: Journal;
  /** For every time it notes and every pause it makes. */
  clock: Clock;
}

/** How often it looks whether others are gone. */
const PEERS_INTERVAL_MS = 500;
/** How long a burst goes on maintaining the store after its last job, at most. */
const BURST_MAINTENANCE_MS = 2000;

/** No job can be taken. */
const NONE: ReturnType<Crew["openings"]> = { atOnce: [], ahead: [] };

/** Runs jobs until told to stop. */
export class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #workers: readonly string[];
  readonly #crew: Crew;
  readonly #spool: OwnSpool;
  readonly #ends: EndsFiles;
  readonly #lease: Lease;
  readonly #trouble: Trouble;
  readonly #succession: Succession;
  readonly #maintenance: Maintenance;
  readonly #leftovers: Leftovers;
  readonly #afterSettling: AfterSettling;
  readonly #reserve: ReserveWatch;
  readonly #usage: UsageWatch;
  readonly #condemned: Condemned;
  readonly #outbox: Outbox;
  readonly #distance: Distance;
  readonly #pauses: Pauses;
  readonly #timetable: Timetable;
  readonly #burst: Burst | undefined;
  readonly #patience: Patience;
  readonly #signOff: SignOff;
  readonly #latch = new Latch();
  readonly #closing = new AbortController();
  #settings: Settings;
  /** Others have taken over what it ran. */
  #replaced = false;
  /** Jobs that have begun and are not in the journal yet. */
  #begun: ClaimedJob[] = [];
  /** Somebody may have enqueued something, something may be due, or there is room again. */
  #mayClaim = true;
  #ordersDue = true;
  #dueTimer: ReturnType<typeof setTimeout> | undefined;

  /** Announces a supervisor with its workers in the store and starts their threads. They run nothing before `run`. */
  static async start(options: SupervisorOptions): Promise<Supervisor> {
    const { id, store, home, host, count, slots, queues, clock } = options;
    const settings = settingsFrom(await store.settings(), store.defaults);
    const workers = Array.from({ length: count }, () => newId("worker"));
    const spool = await fromReserve(home, () => openSpool(home, id)).catch((error) => {
      // A missing permission has a sentence of its own.
      throw error instanceof Deno.errors.NotCapable ? error : failureOf(error);
    });
    const now = clock.now();
    await store.register({
      id,
      host: host.name,
      bootId: host.bootId,
      pidNamespace: host.pidNamespace,
      pid: Deno.pid,
      startedAt: now,
      leaseUntil: now + settings.leaseMs,
      ...options.has && { has: options.has },
      workers: workers.map((worker) => ({ id: worker, slots, queues })),
    });
    return new Supervisor(options, { workers, settings, spool });
  }

  private constructor(
    options: SupervisorOptions,
    { workers, settings, spool }: { workers: string[]; settings: Settings; spool: OwnSpool },
  ) {
    const { id, store, clock } = options;
    this.#options = options = { ...options, journal: unfailing(options.journal) };
    this.#workers = workers;
    this.#settings = settings;
    this.#spool = spool;
    this.#ends = new EndsFiles(spool.path);
    this.#crew = new Crew(workers, {
      entry: options.entry,
      slots: options.slots,
      clock,
      events: {
        ready: () => this.#wake(),
        output: (token, pieces) => {
          this.#outbox.print(token, pieces);
          this.#latch.ring();
        },
        said: (said) => {
          this.#outbox.say(said);
          this.#latch.ring();
        },
        began: (job) => this.#begun.push(job),
        works: () => this.#trouble.worked(),
        paused: (job, paused) => {
          this.#pauses.paused(job, paused);
          this.#latch.ring();
        },
        ended: (ended) => {
          for (const { job, end } of ended) {
            if (end.outcome === "unstarted" && end.error) this.#trouble.failed(end.error);
            this.#outbox.print(job.token, end.pieces);
            if (end.said) this.#outbox.say({ token: job.token, ...end.said });
            this.#settle(job, end);
          }
        },
        returned: (jobs) => this.#undo(jobs),
        crashed: (worker, crash) => this.#threadCrashed(worker, crash),
      },
    });
    const say = (text: string) => this.#options.journal.note(text, null);
    this.#distance = new Distance(store);
    this.#outbox = new Outbox({
      id,
      store,
      clock,
      mostSettlements: this.#distance.most,
      say: (what, problem) => say(`${what} could not be stored: ${failureOf(problem).message}`),
    });
    this.#pauses = new Pauses({
      id,
      store,
      journal: this.#options.journal,
      tell: (token, since) => this.#crew.pause(token, since),
    });
    this.#timetable = new Timetable({
      store,
      clock,
      settings: () => this.#settings,
      say,
      onDue: () => this.#latch.ring(),
    });
    const { burst, queues } = options;
    if (burst) this.#burst = new Burst({ store, clock, queues, leavesScheduled: burst !== true, say });
    this.#patience = new Patience({
      clock,
      say,
      onRetry: () => this.#wake(),
      onLost: () => this.#latch.ring(),
      over: this.#closing.signal,
    });
    this.#signOff = new SignOff({
      clock,
      isDone: () => this.#crew.isDone && this.#condemned.size === 0,
    });
    this.#trouble = new Trouble({
      clock,
      say,
      onPauseOver: () => this.#wake(),
      over: this.#closing.signal,
    });
    this.#lease = new Lease({
      id,
      store,
      clock,
      settings: () => this.#settings,
      onLost: () => this.#lostLease(),
      onCutOff: (graceMs) => this.#cutOff(graceMs),
      onRegained: () => this.#wake(),
      onFailure: (error) => this.#patience.failed(error),
    });
    this.#maintenance = new Maintenance({ store, clock, settings: () => this.#settings });
    this.#leftovers = new Leftovers({
      spools: options.home.spool,
      limit: () => this.#settings.outputLimit,
      journal: options.journal,
      clock,
    });
    this.#reserve = new ReserveWatch({ home: options.home, clock, disk: (dir) => thisPlatform.disk(dir) });
    this.#usage = new UsageWatch({
      clock,
      byToken: options.host.byToken,
      look: thisPlatform.usageOf,
      running: () => this.#crew.running,
      say: (said) => {
        this.#outbox.say(said);
        this.#latch.ring();
      },
    });
    this.#succession = new Succession({
      ...options,
      renewableMs: () => this.#lease.renewableMs,
      workers: (count) => this.#crew.adopters(count),
    });
    this.#afterSettling = new AfterSettling({
      journal: options.journal,
      succession: this.#succession,
      ends: this.#ends,
      leftovers: this.#leftovers,
    });
    this.#condemned = new Condemned({
      host: options.host,
      clock,
      graceMs: () => this.#settings.killGraceMs,
      spoolOf: (token) => this.#succession.spoolOf(token),
      onEnded: (job, { error, barred }) =>
        this.#settle(job, endWithoutResult(job, { outcome: "lost", error, now: clock.now() }), { barred }),
    });
  }

  get workers(): readonly string[] {
    return this.#workers;
  }

  /** How many jobs its workers have. */
  get busy(): number {
    return this.#crew.busy;
  }

  /**
   * Runs jobs until it was told to stop and everything it ran has ended or is left to others, or until others have
   * taken over: then the caller may start another supervisor.
   * @throws {StoreGone} when there is no store any more; what it ran goes on
   * @throws {StoreNewer} when a newer version has changed the store's tables; what it ran goes on, and is left to that
   */
  async run(): Promise<"stopped" | "replaced"> {
    const over = new AbortController();
    const done = this.#runToTheEnd().finally(() => over.abort());
    if (!await Promise.race([done.then(() => false), this.#signOff.isInVain(over.signal)])) return await done;
    this.#closing.abort();
    const left = this.#crew.abandon();
    this.#options.journal.note("stopping without the store, which does not answer", null);
    this.#tellLeft(left);
    return "stopped";
  }

  async #runToTheEnd(): Promise<"stopped" | "replaced"> {
    const { store, home, clock } = this.#options;
    const { signal } = this.#closing;
    const patiently = (action: () => void | Promise<void>) =>
      this.#patience.attempt(async () => await action());
    const again = (intervalMs: () => number, action: () => void | Promise<void>) =>
      every(intervalMs, () => patiently(action), { clock, signal });
    const takeOver = () => this.#succession.takeOver(this.#settings.leaseMs);
    await patiently(takeOver);
    const background = [
      this.#lease.keep(signal),
      this.#leftovers.watch(signal),
      again(() => this.#settings.pollIntervalMs, () => this.#wake()),
      again(() => PEERS_INTERVAL_MS, async () => {
        await takeOver();
        if (this.#succession.waiting > 0) this.#latch.ring();
      }),
      again(() => this.#usage.intervalMs, () => this.#usage.round()),
      again(() => this.#reserve.intervalMs, () => this.#reserve.round(signal)),
    ];
    const maintain = () => this.#maintenance.round(signal);
    const maintained = patiently(maintain);
    background.push(maintained.then(() => again(() => this.#maintenance.intervalMs, maintain)));
    const listener = store.listen((kinds) => this.#heard(kinds), ["work", "orders"]);
    await this.#loop();
    listener[Symbol.dispose]();
    clearTimeout(this.#dueTimer);
    this.#timetable.close();
    const { lost } = this.#patience;
    if (this.#burst && !this.#replaced && !lost) {
      await atMost(BURST_MAINTENANCE_MS, maintained, clock);
    }
    this.#closing.abort();
    await Promise.all(background);
    if (lost) throw this.#abandoned(lost);
    this.#crew.close();
    if (!this.#replaced) await this.#patience.attempt(() => store.leave(this.#options.id));
    this.#spool[Symbol.dispose]();
    await this.#patience.attempt(() => sweepSpools(home, store));
    return this.#replaced ? "replaced" : "stopped";
  }

  /**
   * Claims nothing more; from `endAt` on (ms since the epoch), ends what still runs and puts it back. Null lets
   * everything come to its own end.
   */
  stop(endAt: number | null): void {
    this.#signOff.told();
    this.#stop(endAt);
  }

  #stop(endAt: number | null): void {
    this.#crew.stop({ endAt, leave: false, graceMs: this.#settings.killGraceMs });
    this.#latch.ring();
  }

  /** Claims nothing more and stops at once: what it runs goes on, and is left to others. */
  leave(): void {
    this.#signOff.told();
    this.#crew.stop({ endAt: null, leave: true, graceMs: this.#settings.killGraceMs });
    this.#latch.ring();
  }

  #heard(kinds: readonly Change[]): void {
    if (kinds.includes("work")) this.#mayClaim = true;
    if (kinds.includes("orders")) this.#ordersDue = true;
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
      if (this.#ordersDue) await this.#patience.attempt(() => this.#takeOrders());
      if (this.#timetable.isDue) await this.#patience.attempt(() => this.#fire());
      const waiting = await this.#patience.attempt(() => this.#exchange());
      if (this.#pauses.hasNews) await this.#patience.attempt(() => this.#pauses.store());
      if (this.#succession.waiting > 0 && !this.#outbox.hasOutput) {
        await this.#patience.attempt(() => this.#adopt());
      }
      if (this.#replaced || this.#patience.lost) return;
      if (this.#outbox.isSettling || this.#succession.waiting > 0 || this.#condemned.size > 0) continue;
      if (waiting !== undefined && this.busy === 0) await this.#stopIfOver(waiting);
      await this.#retire();
    }
  }

  /** A burst is over when no job is left to wait for. */
  async #stopIfOver(anyWait: boolean): Promise<void> {
    const burst = this.#burst;
    if (burst && await this.#patience.attempt(() => burst.isOver(anyWait))) this.#stop(null);
  }

  /** What it ran goes on; of a store that is only newer, the next worker adopts it. */
  #abandoned(lost: StoreGone | StoreNewer): UserError {
    const left = this.#crew.abandon();
    if (lost instanceof StoreNewer) {
      const rest = left.length === 0 ? "" : `; ${sayLeftToNext(left)}`;
      this.#options.journal.note(`stopping: a newer queuectl has changed the store${rest}`, null);
    }
    return lost;
  }

  /** Lets go of workers that have nothing to do any more. What some leave is adopted by the rest, if there is any. */
  async #retire(): Promise<void> {
    const { retired, left } = this.#crew.retire();
    if (retired.length === 0) return;
    if (this.#crew.size > 0) {
      this.#succession.left(left);
      this.#latch.ring();
      await this.#patience.attempt(() => this.#options.store.unregister(retired));
    } else this.#tellLeft(left);
  }

  #tellLeft(jobs: readonly ClaimedJob[]): void {
    if (jobs.length > 0) this.#options.journal.note(sayLeftToNext(jobs), null);
  }

  /** Follows what the supervisor was told through the store. */
  async #takeOrders(): Promise<void> {
    this.#ordersDue = false;
    const { id, store } = this.#options;
    const { stops, cancels, pauses, settings, nextSlotAt } = await store.orders(id);
    this.#settings = settingsFrom(settings, store.defaults);
    const graceMs = this.#settings.killGraceMs;
    for (const token of cancels) this.#crew.end(token, "cancelled", graceMs);
    this.#pauses.follow(pauses);
    this.#timetable.follow(nextSlotAt);
    for (const stop of stops) this.#crew.stop({ ...stop, graceMs });
  }

  /** Fires schedules that are due; what that enqueues may be claimed at once. */
  async #fire(): Promise<void> {
    await this.#timetable.fire();
    this.#wake();
  }

  /**
   * Settles and claims in one transaction. Returns whether jobs wait for these workers, or undefined when there was
   * no reason to ask.
   */
  async #exchange(): Promise<boolean | undefined> {
    const { queues } = this.#options;
    const { aheadMs, most } = this.#distance;
    const { atOnce, ahead } = this.#mayClaim && !this.#lease.cutOff ? this.#crew.openings(aheadMs) : NONE;
    const openings = [...atOnce, ...ahead].slice(0, most);
    const uncertain = this.#trouble.lasts;
    const free = this.#trouble.allow(openings);
    this.#tellBegun();
    if (free.length === 0 && this.#outbox.isEmpty) return undefined;
    this.#mayClaim = false;
    const startMs = this.#options.clock.monotonicMs();
    const { stored, exchanged, failure } = await this.#outbox.exchange({
      free,
      ahead: Math.max(0, free.length - atOnce.length),
      queues,
    });
    const endMs = this.#options.clock.monotonicMs();
    if (exchanged || stored.length > 0) this.#signOff.answered(endMs);
    if (exchanged) {
      this.#distance.took(endMs - startMs);
      this.#trouble.tried(exchanged.claimed.length, openings.length);
      if (this.#lease.cutOff) this.#undo(exchanged.claimed); // claimed before, and heard of too late
      else {
        const given = exchanged.claimed.map((job) => ({
          job,
          request: { ...this.#request(job), uncertain },
        }));
        this.#undo(this.#crew.run(given));
      }
    }
    if (stored.length > 0) await nextTurn(); // to clear up after them takes as long as it took to settle them
    this.#afterSettling.clearUp(stored);
    this.#tellBegun();
    if (failure) throw failure;
    if (!exchanged) {
      this.#wake();
      return undefined;
    }
    if (exchanged.claimed.length === most) this.#wake();
    if (!this.#outbox.isEmpty) this.#latch.ring();
    this.#setDueTimer(exchanged.nextDueAt);
    return free.length > 0 ? exchanged.waiting : undefined;
  }

  #request(job: ClaimedJob): RunRequest {
    const { host, home, storeName, directory, gpusAreOpen = true } = this.#options;
    return requestOf(job, {
      host,
      gpusAreOpen,
      home,
      storeName,
      directory,
      settings: this.#settings,
      spool: this.#succession.spoolOf(job.token),
      endsFile: this.#ends.pathFor(job.token),
    });
  }

  /** Notes how an attempt ended, for the next exchange. */
  #settle(
    job: ClaimedJob,
    end: AttemptEnd,
    { barred }: { barred: boolean } = { barred: end.outcome === "unstarted" },
  ): void {
    const { store, host } = this.#options;
    const named = store.place === "server" ? namingHost(end, host.name) : end;
    const settlement = settlementOf(job, named, {
      settings: this.#settings,
      random: Math.random(),
      now: this.#options.clock.now(),
    });
    const { witnessed, trimmed, spoke = false } = end;
    const last = lastSaid(job, end, settlement);
    if (last) this.#outbox.say(last);
    this.#outbox.settle({ job, settlement, witnessed, trimmed, spoke, barred });
    this.#mayClaim = true;
    this.#latch.ring();
  }

  /** Jobs that were claimed and never begun are as if they had not been claimed. */
  #undo(jobs: readonly ClaimedJob[]): void {
    const now = this.#options.clock.now();
    for (const job of jobs) {
      this.#settle(job, endWithoutResult(job, { outcome: "unstarted", error: null, now }));
    }
  }

  #tellBegun(): void {
    for (const job of this.#begun) this.#options.journal.started(job);
    this.#begun = [];
  }

  /** Gives attempts that nobody watches to workers, and gives back those that have not begun. */
  async #adopt(): Promise<void> {
    const { adoptions, barred, left } = await this.#succession.sort();
    this.#undo(barred.map(({ job }) => job));
    this.#tellLeft(left.map(({ job }) => job));
    this.#crew.adopt(adoptions.map(({ attempt: { job, printed, pausedMs }, worker, outOfSight }) => ({
      job: { ...job, worker },
      request: {
        ...this.#request(job),
        printed,
        claimedAt: job.startedAt!,
        outOfSight,
        cancelRequested: job.cancelRequested,
        pausedAt: job.pausedAt,
        pausedMs,
      },
    })));
    if (this.#succession.waiting > 0) this.#latch.ring();
  }

  /** Nobody watches the crashed thread's jobs any more. Those that may be the reason are ended and lost. */
  #threadCrashed(
    worker: string,
    { jobs, message }: { jobs: readonly ClaimedJob[]; message: string },
  ): Promise<void> {
    this.#options.journal.note(`thread crashed and is replaced: ${message}`, worker);
    const suspects = this.#succession.crashed(jobs);
    this.#latch.ring();
    return this.#condemned.end(suspects, message);
  }

  /** What it ran is another's now: its threads must not touch it any more. */
  #lostLease(): void {
    this.#replaced = true;
    this.#options.journal.note("others have taken over its jobs: starting anew under another name", null);
    this.#latch.ring();
  }

  /** Others may take over soon, and run its jobs again. */
  #cutOff(graceMs: number): void {
    const { journal } = this.#options;
    journal.note("cut off from the store: ending all jobs before others may run them again", null);
    this.#crew.endAll("released", graceMs);
  }

  /** Wakes the loop when the next job is due. */
  #setDueTimer(nextDueAt: number | null): void {
    clearTimeout(this.#dueTimer);
    if (nextDueAt === null) return;
    const delayMs = Math.max(0, nextDueAt - this.#options.clock.now());
    this.#dueTimer = setTimeout(() => this.#wake(), Math.min(delayMs, LONGEST_TIMER_MS));
  }
}

function sayLeftToNext(jobs: readonly ClaimedJob[]): string {
  return `left to the next worker, running: ${jobs.map(({ id }) => id).join(", ")}`;
}
