/**
 * @module
 * A worker as its supervisor sees it: a Web Worker, the jobs it was given, and its replacement when it crashes.
 */
import type { AttemptSaid, ClaimedJob, OutputPiece, PausedAttempt } from "../../store/contract.ts";
import type { AdoptRequest, AttemptEnd, EndReason, FromThread, RunRequest, ToThread } from "../messages.ts";
import { Pace } from "./pace.ts";

/** What a worker tells its supervisor. */
export interface WorkerEvents {
  ready(): void;
  /** A job has begun; told a little late, but before its end. */
  began(job: ClaimedJob): void;
  /** Something was printed by the attempt with this token. */
  output(token: string, pieces: OutputPiece[]): void;
  /** An attempt said something. */
  said(said: AttemptSaid): void;
  /** A job stands still, as was wished. */
  paused(job: ClaimedJob, paused: Omit<PausedAttempt, "token">): void;
  /** A command could be started though that was uncertain. */
  works(): void;
  /** Attempts are over, in the order in which they ended. */
  ended(ended: readonly { job: ClaimedJob; end: AttemptEnd }[]): void;
  /** Jobs it had been given ahead and has not begun. */
  returned(jobs: readonly ClaimedJob[]): void;
  /** The thread crashed and is being replaced; nobody watches `jobs` any more. */
  crashed(jobs: readonly ClaimedJob[], message: string): void;
}

/** A thread that crashes at once again is started anew after this time, doubled each time. */
const FIRST_RESTART_MS = 100;
const LONGEST_RESTART_MS = 30_000;

/** One worker: `slots` jobs at a time on one thread. */
export class WorkerThread {
  /** When to end what it still runs, in ms since the epoch; null is never. */
  endAt: number | null = null;
  /** It shall leave what it runs to others. */
  leaving = false;
  readonly #entry: URL;
  readonly #events: WorkerEvents;
  /** The jobs it was given, by token, in the order in which it begins them. */
  readonly #jobs = new Map<string, ClaimedJob>();
  /** Tokens of those that are known to have begun. */
  readonly #begun = new Set<string>();
  /** Tokens of those that others had started; they need no slot to go on. */
  readonly #adopted = new Set<string>();
  /** What it will be told to adopt once it is ready. */
  #toAdopt: AdoptRequest[] = [];
  readonly #pace = new Pace();
  #worker: Worker | undefined;
  #ready = false;
  #stopping = false;
  /** Crashes since a job last ended. */
  #crashes = 0;
  #restart: ReturnType<typeof setTimeout> | undefined;

  /** Starts the thread; `entry` is the file that it runs. */
  constructor(readonly id: string, readonly slots: number, options: { entry: URL; events: WorkerEvents }) {
    this.#entry = options.entry;
    this.#events = options.events;
    this.#start();
  }

  get busy(): number {
    return this.#jobs.size;
  }

  /** How many places its jobs take beyond one each. */
  get extra(): number {
    let extra = 0;
    for (const { slots } of this.#jobs.values()) extra += (slots ?? 1) - 1;
    return extra;
  }

  /** The jobs that go on without it. Once it takes no more, these are all it has as soon as it gave back the rest. */
  get left(): ClaimedJob[] {
    return [...this.#jobs.values()].filter(({ token }) => this.#begun.has(token));
  }

  /** It hears what it is told. */
  get ready(): boolean {
    return this.#ready;
  }

  get stopping(): boolean {
    return this.#stopping;
  }

  get takesJobs(): boolean {
    return this.#ready && !this.#stopping;
  }

  /** How many jobs it could begin at once. */
  get idle(): number {
    return Math.max(0, this.#room(this.slots));
  }

  /** How many jobs it can be given, counting those it would begin within so much time. */
  room(aheadMs: number): number {
    return Math.max(0, this.#room(this.slots + this.#pace.ahead(this.slots, aheadMs)));
  }

  #room(limit: number): number {
    return this.takesJobs ? limit - this.#jobs.size : 0;
  }

  /** Gives it jobs that were claimed for it. */
  run(given: readonly { job: ClaimedJob; request: RunRequest }[]): void {
    for (const { job } of given) this.#jobs.set(job.token, job);
    const { brief } = this.#pace;
    const requests = given.map(({ request }) => ({ ...request, brief: request.brief && brief }));
    this.#send({ type: "run", requests, slots: this.slots });
    this.#tellBegun();
  }

  /** Gives it jobs that run already. */
  adopt(given: readonly { job: ClaimedJob; request: AdoptRequest }[]): void {
    for (const { job } of given) {
      this.#jobs.set(job.token, job);
      this.#begun.add(job.token);
      this.#adopted.add(job.token);
    }
    this.#toAdopt.push(...given.map(({ request }) => request));
    if (this.#ready) this.#sendAdoptions();
  }

  #sendAdoptions(): void {
    if (this.#toAdopt.length > 0) this.#send({ type: "adopt", requests: this.#toAdopt });
    this.#toAdopt = [];
  }

  /** Ends a job before its time; `ended` tells when it is over, or `returned` that it had not begun. */
  end(token: string, reason: EndReason, graceMs: number): void {
    if (this.#jobs.has(token)) this.#send({ type: "end", token, reason, graceMs });
  }

  /** Lets a job stand still, or, with null, go on. Returns whether it could be told. */
  pause(token: string, since: number | null): boolean {
    if (!this.#ready || !this.#jobs.has(token)) return false;
    this.#send({ type: "pause", token, since });
    return true;
  }

  endAll(reason: EndReason, graceMs: number): void {
    for (const token of this.#jobs.keys()) this.end(token, reason, graceMs);
  }

  /** Takes no more jobs, and gives back what it has not begun. */
  stop(): void {
    this.#stopping = true;
    this.#send({ type: "recall" });
  }

  /** Ends the thread, not the processes it started. */
  close(): void {
    clearTimeout(this.#restart);
    this.#worker?.terminate();
    this.#worker = undefined;
    this.#ready = false;
  }

  #start(): void {
    const worker = new Worker(this.#entry, { type: "module", name: this.id });
    worker.onmessage = ({ data }: MessageEvent<FromThread>) => this.#receive(data);
    worker.onerror = (event) => {
      event.preventDefault();
      if (this.#worker === worker) this.#crashed(event.message);
    };
    this.#worker = worker;
  }

  #receive(message: FromThread): void {
    switch (message.type) {
      case "ready":
        this.#ready = true;
        this.#sendAdoptions();
        return this.#events.ready();
      case "output":
        return this.#events.output(message.token, message.pieces);
      case "said":
        return this.#events.said(message.said);
      case "paused": {
        const job = this.#jobs.get(message.token);
        if (job) this.#events.paused(job, message);
        return;
      }
      case "works":
        return this.#events.works();
      case "returned":
        // Else they would be claimed for it again at once, and given back again, for as long as the long one runs.
        this.#pace.stall();
        this.#events.returned(message.tokens.map((token) => this.#take(token)));
        break;
      case "ended":
        this.#crashes = 0;
        this.#events.ended(message.ended.map((end) => this.#takeEnded(end)));
    }
    this.#tellBegun();
  }

  #takeEnded(end: AttemptEnd): { job: ClaimedJob; end: AttemptEnd } {
    const { token, outcome, startedAt, finishedAt } = end;
    if (outcome === "unstarted") this.#pace.stall();
    else if (startedAt !== null) this.#pace.add(finishedAt - startedAt);
    if (outcome !== "unstarted" && !this.#begun.has(token)) this.#events.began(this.#jobs.get(token)!);
    return { job: this.#take(token), end };
  }

  #take(token: string): ClaimedJob {
    const job = this.#jobs.get(token)!;
    this.#jobs.delete(token);
    this.#begun.delete(token);
    this.#adopted.delete(token);
    return job;
  }

  /** The thread begins jobs in order: the first ones, as many as there are slots left, have begun. */
  #tellBegun(): void {
    const own = this.#jobs.values().filter(({ token }) => !this.#adopted.has(token));
    for (const job of own.take(Math.max(0, this.slots - this.#adopted.size))) {
      if (this.#begun.has(job.token)) continue;
      this.#begun.add(job.token);
      this.#events.began(job);
    }
  }

  #crashed(message: string): void {
    this.close();
    const jobs = [...this.#jobs.values()];
    this.#jobs.clear();
    this.#begun.clear();
    this.#adopted.clear();
    this.#toAdopt = [];
    const delayMs = Math.min(FIRST_RESTART_MS * 2 ** this.#crashes, LONGEST_RESTART_MS);
    this.#crashes += 1;
    this.#restart = setTimeout(() => this.#start(), delayMs);
    this.#events.crashed(jobs, message);
  }

  #send(message: ToThread): void {
    this.#worker?.postMessage(message);
  }
}
