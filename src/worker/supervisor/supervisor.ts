/**
 * @module
 * The supervisor: the main thread of `worker start`. It alone talks to the store. One loop, woken by ended jobs,
 * the doorbell and timers, settles what has ended and claims what comes next in one transaction, then hands the
 * jobs to its threads.
 *
 * Invariants: a job is handed to a thread only after its claim is committed; its spool is removed only after its
 * settlement is; once others have taken over, nothing is done any more to what it ran.
 */
import { StoreFull, StoreGone, UserError } from "../../domain/errors.ts";
import { type Settings, settingsFrom } from "../../domain/settings.ts";
import { newId } from "../../domain/worker_id.ts";
import type { AttemptOutput, ClaimedJob, Exchanged, Settlement, Store } from "../../store/contract.ts";
import { fillReserve, fromReserve, RESERVE, reserveSize } from "../../store/reserve.ts";
import { type Clock, LONGEST_TIMER_MS } from "../../system/clock.ts";
import type { Home } from "../../system/home.ts";
import { Latch } from "../../system/latch.ts";
import type { RunRequest } from "../messages.ts";
import { endTree, sayLeft } from "../process/end_tree.ts";
import { here } from "../process/here.ts";
import type { Host } from "../process/platform.ts";
import { EndsFiles } from "../spool/ends_files.ts";
import { bar, removeSpool } from "../spool/spool.ts";
import { openSpool, type OwnSpool, sweepSpools } from "../spool/spools.ts";
import { Crew } from "./crew.ts";
import { bring, bringings } from "./exchange_singly.ts";
import { failureOf } from "./failure.ts";
import { type Journal, unfailing } from "./journal.ts";
import { Lease } from "./lease.ts";
import { Leftovers } from "./leftovers.ts";
import { Maintenance } from "./maintenance.ts";
import { PendingOutput } from "./pending_output.ts";
import { requestOf } from "./request.ts";
import { type Ending, settlementOf } from "./settlement.ts";
import { Succession } from "./succession.ts";
import { Trouble } from "./trouble.ts";

export interface SupervisorOptions {
  /** Never used before: its leases, attempts and spool go by it. */
  id: string;
  /** Closed by the caller, after `run`. */
  store: Store;
  /** Where the spool is; commands see it as `QUEUECTL_HOME`. */
  home: Home;
  /** As `probeHost` found it. */
  host: Host;
  /** Where jobs run that name no directory; null when it is gone. */
  directory: string | null;
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
  journal: Journal;
  /** For every time it notes and every pause it makes. */
  clock: Clock;
}

/** A settlement and the job it is about. */
interface Settled {
  job: ClaimedJob;
  settlement: Settlement;
  /** As in `Ended`. */
  witnessed: boolean;
  /** As in `Ended`. */
  trimmed: boolean;
  /** A file in its spool keeps it from beginning, and has to stay. */
  barred: boolean;
}

/** What goes into one exchange. */
interface Bundle {
  settled: Settled[];
  output: AttemptOutput[];
}

/** Bytes of output in one exchange, about: while they are stored, neither this thread nor other writers do anything else. */
const MOST_OUTPUT = 512 * 1024;
/** After the store refused to work, wait this long before trying again. */
const STORE_RETRY_MS = 1000;
/** How often it looks whether others are gone. */
const PEERS_INTERVAL_MS = 500;
/** How long a burst goes on caring for the store after its last job, at most. */
const BURST_CARE_MS = 2000;
/** When it looks for the first time whether the reserve is whole, which those that live for moments do not; and later. */
const FIRST_RESERVE_MS = 500;
const RESERVE_INTERVAL_MS = 5000;

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
  readonly #latch = new Latch();
  readonly #closing = new AbortController();
  #settings: Settings;
  /** Others have taken over what it ran. */
  #replaced = false;
  /** There is no store any more. */
  #storeGone: StoreGone | undefined;
  #reserveIntervalMs = FIRST_RESERVE_MS;
  /** The disk was full at the last exchange. */
  #full = false;
  /** What the next exchange takes along. */
  #settlements: Settled[] = [];
  readonly #output = new PendingOutput();
  /** The last exchange left some of it for the next. */
  #hasMore = false;
  /** Jobs that have begun and are not in the journal yet. */
  #begun: ClaimedJob[] = [];
  /** Somebody may have enqueued something, something may be due, or there is room again. */
  #mayClaim = true;
  #ordersDue = true;
  /** Jobs whose processes are being ended, for they crash threads. */
  #condemned = 0;
  #dueTimer: ReturnType<typeof setTimeout> | undefined;
  /** The store refused to work; there will be another try soon. */
  #retrying = false;

  /** Announces a supervisor with its workers in the store and starts their threads. They run nothing before `run`. */
  static async start(options: SupervisorOptions): Promise<Supervisor> {
    const { id, store, home, host, count, slots, queues, clock } = options;
    const settings = settingsFrom(await store.settings());
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
          this.#output.add(token, pieces);
          this.#latch.ring();
        },
        began: (job) => this.#begun.push(job),
        works: () => this.#trouble.worked(),
        ended: (ended) => {
          for (const one of ended) {
            if (one.ended.outcome === "unstarted" && one.ended.error) this.#trouble.failed(one.ended.error);
            if (one.ended.pieces.length > 0) this.#output.add(one.job.token, one.ended.pieces);
            this.#settle(one.job, one.ended);
          }
        },
        returned: (jobs) => this.#undo(jobs),
        crashed: (worker, crash) => this.#threadCrashed(worker, crash),
      },
    });
    this.#trouble = new Trouble({
      clock,
      say: (text) => this.#options.journal.note(text, null),
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
      onFailure: (error) => this.#storeFailed(error),
    });
    this.#maintenance = new Maintenance({ store, clock, settings: () => this.#settings });
    this.#leftovers = new Leftovers({
      spools: options.home.spool,
      limit: () => this.#settings.outputLimit,
      journal: options.journal,
      clock,
    });
    this.#succession = new Succession({ ...options, workers: (count) => this.#crew.adopters(count) });
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
   */
  async run(): Promise<"stopped" | "replaced"> {
    const { store, home } = this.#options;
    const takeOver = () => this.#succession.takeOver(this.#settings.leaseMs);
    await this.#attempt(takeOver);
    const background = [
      this.#lease.keep(this.#closing.signal),
      this.#leftovers.watch(this.#closing.signal),
      this.#every(() => this.#settings.pollIntervalMs, () => this.#wake()),
      this.#every(() => PEERS_INTERVAL_MS, async () => {
        await takeOver();
        if (this.#succession.waiting > 0) this.#latch.ring();
      }),
      this.#every(() => this.#reserveIntervalMs, () => this.#keepReserve()),
    ];
    const { done: cared, background: caring } = this.#care();
    const listener = store.listen(() => this.#wake());
    await this.#loop();
    listener[Symbol.dispose]();
    clearTimeout(this.#dueTimer);
    if (this.#options.burst && !this.#replaced && !this.#storeGone) await this.#atMost(BURST_CARE_MS, cared);
    this.#closing.abort();
    await Promise.all([...background, caring]);
    this.#crew.close();
    if (this.#storeGone) throw this.#storeGone;
    if (!this.#replaced) await this.#attempt(() => store.leave(this.#options.id));
    this.#spool[Symbol.dispose]();
    await this.#attempt(() => sweepSpools(home, store));
    return this.#replaced ? "replaced" : "stopped";
  }

  /**
   * Claims nothing more; from `endAt` on (ms since the epoch), ends what still runs and puts it back. Null lets
   * everything come to its own end.
   */
  stop(endAt: number | null): void {
    this.#crew.stop({ endAt, leave: false, graceMs: this.#settings.killGraceMs });
    this.#latch.ring();
  }

  /** Claims nothing more and stops at once: what it runs goes on, and is left to others. */
  leave(): void {
    this.#crew.stop({ endAt: null, leave: true, graceMs: this.#settings.killGraceMs });
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
      if (this.#ordersDue) await this.#attempt(() => this.#takeOrders());
      const waiting = await this.#attempt(() => this.#exchange());
      if (this.#succession.waiting > 0 && this.#output.isEmpty) await this.#attempt(() => this.#adopt());
      if (this.#replaced || this.#storeGone) return;
      if (this.#hasMore || this.#settlements.length > 0) continue;
      if (this.#succession.waiting > 0 || this.#condemned > 0) continue;
      if (this.#options.burst && waiting === false && this.busy === 0) this.stop(null);
      await this.#retire();
    }
  }

  /** Lets go of workers that have nothing to do any more. What some leave is adopted by the rest, if there is any. */
  async #retire(): Promise<void> {
    const { retired, left } = this.#crew.retire();
    if (retired.length === 0) return;
    if (this.#crew.size > 0) {
      this.#succession.left(left);
      this.#latch.ring();
      await this.#attempt(() => this.#options.store.unregister(retired));
    } else this.#tellLeft(left);
  }

  #tellLeft(jobs: readonly ClaimedJob[]): void {
    if (jobs.length === 0) return;
    const ids = jobs.map(({ id }) => id).join(", ");
    this.#options.journal.note(`left to the next worker, running: ${ids}`, null);
  }

  /** Follows what the supervisor was told through the store. */
  async #takeOrders(): Promise<void> {
    this.#ordersDue = false;
    const { stops, cancels, settings } = await this.#options.store.orders(this.#options.id);
    this.#settings = settingsFrom(settings);
    const graceMs = this.#settings.killGraceMs;
    for (const token of cancels) this.#crew.end(token, "cancelled", graceMs);
    for (const stop of stops) this.#crew.stop({ ...stop, graceMs });
  }

  /**
   * Settles and claims in one transaction. Returns whether jobs wait for these workers, or undefined when there was
   * no reason to ask.
   */
  async #exchange(): Promise<boolean | undefined> {
    const { id, store, queues, clock } = this.#options;
    const openings = this.#mayClaim && !this.#lease.cutOff ? this.#crew.openings() : [];
    const uncertain = this.#trouble.lasts;
    const free = this.#trouble.allow(openings);
    this.#tellBegun();
    if (free.length === 0 && this.#settlements.length === 0 && this.#output.isEmpty) return undefined;
    const { settled, output } = this.#full ? this.#smallest() : this.#next();
    this.#settlements = this.#settlements.filter((one) => !settled.includes(one));
    this.#hasMore = false;
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
      this.#output.giveBack(output);
      this.#full = error instanceof StoreFull;
      if (error instanceof UserError || settled.length + output.length === 0) throw error;
      await this.#exchangeSingly();
      return undefined;
    }
    this.#full &&= this.#settlements.length > 0;
    this.#hasMore = this.#settlements.length > 0 || !this.#output.isEmpty;
    if (this.#hasMore) clock.sleep(0).then(() => this.#latch.ring()); // first, timers and messages have their turn
    this.#trouble.tried(exchanged.claimed.length, openings.length);
    const given = exchanged.claimed.map((job) => ({ job, request: { ...this.#request(job), uncertain } }));
    this.#undo(this.#crew.run(given));
    this.#afterSettling(settled, exchanged.refused);
    this.#tellBegun();
    this.#setDueTimer(exchanged.nextDueAt);
    return free.length > 0 ? exchanged.waiting : undefined;
  }

  /** One of those that wait to be stored cannot be: the others are, and claiming has to wait for the next time. */
  async #exchangeSingly(): Promise<void> {
    const { id, store, clock, journal } = this.#options;
    const settled = new Map(this.#settlements.map((one) => [one.settlement.token, one]));
    const left = bringings({
      settlements: this.#settlements.map(({ settlement }) => settlement),
      output: this.#output.take(),
    });
    this.#settlements = [];
    this.#mayClaim = true;
    this.#latch.ring();
    try {
      for (let next = left[0]; next; next = left[0]) {
        const brought = await bring(next, { store, supervisor: id, now: clock.now() });
        left.shift();
        const one = next.settlement && settled.get(next.settlement.token);
        if (brought.problem !== undefined) {
          const what = one ? `the end of ${one.job.id}` : "what a job printed";
          journal.note(`${what} could not be stored: ${failureOf(brought.problem).message}`, null);
        }
        if (one && brought.settlement) {
          const refused = brought.refused ? [one.job.token] : [];
          this.#afterSettling([{ ...one, settlement: brought.settlement }], refused);
        }
      }
    } finally {
      for (const { settlement, output } of left) {
        if (settlement) this.#settlements.push(settled.get(settlement.token)!);
        this.#output.giveBack(output);
      }
    }
  }

  /** What is brought in one exchange: some output, and the settlements of which no output is left for the next. */
  #next(): Bundle {
    const output = this.#output.takeSome(MOST_OUTPUT);
    const unfinished = this.#output.tokens;
    return { settled: this.#settlements.filter(({ job }) => !unfinished.has(job.token)), output };
  }

  /** On a full disk, the settlement that needs the least room is tried alone: it makes room, since its spool goes. */
  #smallest(): Bundle {
    const sizes = new Map(this.#settlements.map((one) => [one, this.#output.sizeOf(one.job.token)]));
    const settled = this.#settlements.toSorted((a, b) => sizes.get(a)! - sizes.get(b)!).slice(0, 1);
    return { settled, output: this.#output.take(settled[0]?.job.token) };
  }

  #request(job: ClaimedJob): RunRequest {
    const { host, home, directory } = this.#options;
    return requestOf(job, {
      host,
      home,
      directory,
      settings: this.#settings,
      spool: this.#succession.spoolOf(job.token),
      ends: this.#ends.pathFor(job.token),
    });
  }

  /** Notes how an attempt ended, for the next exchange. */
  #settle(
    job: ClaimedJob,
    ending: Ending & { witnessed?: boolean; trimmed?: boolean; barred?: boolean },
  ): void {
    const { witnessed = true, trimmed = true, barred = ending.outcome === "unstarted" } = ending;
    const settlement = settlementOf(job, ending, {
      settings: this.#settings,
      random: Math.random(),
      now: this.#options.clock.now(),
    });
    this.#settlements.push({ job, settlement, witnessed, trimmed, barred });
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
    for (const one of settled) {
      try {
        this.#afterSettlingOne(one, refused.includes(one.job.token));
      } catch (error) {
        this.#options.journal.note(`after ${one.job.id}: ${failureOf(error).message}`, one.job.worker);
      }
    }
  }

  #afterSettlingOne({ job, settlement, witnessed, trimmed, barred }: Settled, refused: boolean): void {
    const { journal } = this.#options;
    if (refused) {
      // Whoever has it now needs its spool, and the file that its end may be noted in.
      journal.note(`result of ${job.id} refused: the job is no longer ours`, job.worker);
      return;
    }
    const spool = this.#succession.spoolOf(job.token);
    journal.settled(job, settlement);
    this.#succession.forget(job, { undone: settlement.outcome === "unstarted" });
    this.#ends.settled(job.token);
    if (barred) return;
    removeSpool(spool, { end: witnessed ? settlement : undefined, trimmed });
    this.#leftovers.ended(job);
  }

  /** Gives attempts that nobody watches to workers, and gives back those that have not begun. */
  async #adopt(): Promise<void> {
    const { adoptions, barred, left } = await this.#succession.sort();
    this.#undo(barred.map(({ job }) => job));
    this.#tellLeft(left.map(({ job }) => job));
    this.#crew.adopt(adoptions.map(({ attempt: { job, printed }, worker, outOfSight }) => ({
      job: { ...job, worker },
      request: {
        ...this.#request(job),
        printed,
        claimedAt: job.startedAt!,
        outOfSight,
        cancelRequested: job.cancelRequested,
      },
    })));
  }

  /** Nobody watches the crashed thread's jobs any more. Those that may be the reason are ended and lost. */
  async #threadCrashed(
    worker: string,
    { jobs, message }: { jobs: readonly ClaimedJob[]; message: string },
  ): Promise<void> {
    const { journal, host, clock } = this.#options;
    journal.note(`thread crashed and is replaced: ${message}`, worker);
    const suspects = this.#succession.crashed(jobs);
    this.#latch.ring();
    this.#condemned += suspects.length;
    const ending = { graceMs: this.#settings.killGraceMs, byToken: host.byToken, clock };
    await Promise.all(suspects.map(async (job) => {
      const spool = this.#succession.spoolOf(job.token);
      // What is not there yet when it is looked for must not come after that.
      const barred = tryToBar(spool);
      const left = sayLeft(await endTree(() => ({ token: job.token, spool, root: null }), ending));
      this.#condemned -= 1;
      const error = `lost: its worker's thread crashed again and again: ${message}${left}`;
      this.#settle(job, { ...withoutResult("lost", { error, now: clock.now() }), barred });
    }));
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

  /** Cares for the store, at once and then again and again; `done` is when it has done so once. */
  #care(): { done: Promise<void>; background: Promise<void> } {
    const { signal } = this.#closing;
    const round = () => this.#attempt(() => this.#maintenance.round(signal));
    const done = round();
    return { done, background: done.then(() => this.#every(() => this.#maintenance.intervalMs, round)) };
  }

  /** Makes the reserve as large as the disk has room for, once it is not. */
  async #keepReserve(): Promise<void> {
    const { home, clock } = this.#options;
    this.#reserveIntervalMs = RESERVE_INTERVAL_MS;
    if (reserveSize(home) >= RESERVE) return;
    const disk = await here.disk(home.dir).catch(() => undefined);
    if (!disk) return;
    for (const _ of fillReserve(home, disk.available)) {
      await clock.sleep(0);
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

  /** Waits for something, but not for long. */
  async #atMost(ms: number, done: Promise<void>): Promise<void> {
    const over = new AbortController();
    await Promise.race([done, this.#options.clock.sleep(ms, over.signal)]);
    over.abort();
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
   * Does something with the store; when that fails, says so and looks again later. However many things fail until
   * then, that is said and planned once.
   */
  async #attempt<T>(action: () => Promise<T>): Promise<T | undefined> {
    try {
      return await action();
    } catch (error) {
      this.#storeFailed(failureOf(error));
      return undefined;
    }
  }

  #storeFailed(error: UserError): void {
    if (error instanceof StoreGone) {
      this.#storeGone = error;
      this.#latch.ring();
    } else if (!this.#retrying) this.#retrySoon(error.message);
  }
}

/** Keeps an attempt from beginning, if it has not; false where that cannot be done. */
function tryToBar(spool: string): boolean {
  try {
    return bar(spool);
  } catch {
    return false; // the disk is full, or too many files are open: then it cannot begin either
  }
}

/** The end of an attempt that has no result of its own. */
function withoutResult(
  outcome: "lost" | "unstarted",
  { error, now }: { error: string | null; now: number },
): Ending {
  return { outcome, exitCode: null, signal: null, error, startedAt: null, finishedAt: now };
}
