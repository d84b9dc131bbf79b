/**
 * @module
 * A worker as its supervisor sees it: a Web Worker, the jobs it runs, and its replacement when it crashes.
 */
import type { ClaimedJob, OutputPiece } from "../store/store.ts";
import type { Ended, EndReason, FromThread, RunRequest, ToThread } from "./messages.ts";

/** What a worker tells its supervisor. */
export interface WorkerEvents {
  /** It can take jobs. */
  ready(): void;
  output(token: string, pieces: OutputPiece[]): void;
  ended(job: ClaimedJob, ended: Ended): void;
  /** The thread crashed and is being replaced; nobody watches `jobs` any more. */
  crashed(jobs: ClaimedJob[], message: string): void;
}

/** A thread that crashes at once again is started anew after this time, doubled each time. */
const FIRST_RESTART_MS = 100;
const LONGEST_RESTART_MS = 30_000;

/** One worker: `slots` jobs at a time on one thread. */
export class WorkerThread {
  /** The jobs it runs, by token. */
  readonly running = new Map<string, ClaimedJob>();
  /** It takes no more jobs. */
  stopping = false;
  /** When to end what it still runs, in ms since the epoch; null is never. */
  endAt: number | null = null;
  readonly #entry: URL;
  readonly #events: WorkerEvents;
  #worker: Worker | undefined;
  #ready = false;
  /** Crashes since a job last ended. */
  #crashes = 0;
  #restart: ReturnType<typeof setTimeout> | undefined;

  /** Starts the thread; `entry` is the program's entry file. */
  constructor(readonly id: string, readonly slots: number, options: { entry: URL; events: WorkerEvents }) {
    this.#entry = options.entry;
    this.#events = options.events;
    this.#start();
  }

  /** How many jobs it can take. */
  get free(): number {
    return this.#ready && !this.stopping ? this.slots - this.running.size : 0;
  }

  /** Runs a job that was claimed for it. */
  run(job: ClaimedJob, request: RunRequest): void {
    this.running.set(job.token, job);
    this.#send({ type: "run", request });
  }

  /** Ends a job before its time; `ended` tells when it is over. */
  end(token: string, reason: EndReason, graceMs: number): void {
    if (this.running.has(token)) this.#send({ type: "end", token, reason, graceMs });
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
        return this.#events.ready();
      case "output":
        return this.#events.output(message.token, message.pieces);
      case "ended": {
        const job = this.running.get(message.ended.token);
        if (!job) return;
        this.running.delete(job.token);
        this.#crashes = 0;
        return this.#events.ended(job, message.ended);
      }
    }
  }

  #crashed(message: string): void {
    this.close();
    const jobs = [...this.running.values()];
    this.running.clear();
    const delayMs = Math.min(FIRST_RESTART_MS * 2 ** this.#crashes, LONGEST_RESTART_MS);
    this.#crashes += 1;
    this.#restart = setTimeout(() => this.#start(), delayMs);
    this.#events.crashed(jobs, message);
  }

  #send(message: ToThread): void {
    this.#worker?.postMessage(message);
  }
}
