/**
 * @module
 * The worker thread: runs the attempts it is given, in order, and reports their output and their end. It knows
 * nothing of the store.
 *
 * When jobs are short, its supervisor gives it some ahead, so that it need not wait for the store between two of
 * them. Those wait in the backlog; they are given back when what runs turns out not to be short.
 */
import type { OutputPiece } from "../../store/contract.ts";
import { systemClock } from "../../system/clock.ts";
import type { AdoptRequest, AttemptEnd, FromThread, RunRequest, ToThread } from "../messages.ts";
import { thisPlatform } from "../process/this_platform.ts";
import { hasBegun } from "../spool/spool.ts";
import { adopt } from "./adopted.ts";
import { Halting, type TooFast } from "./halting.ts";
import { Lookout } from "./lookout.ts";
import type { PauseWish } from "./pausing.ts";
import { Run } from "./run.ts";

/** How often running commands are asked for new output: what people who follow a log do not notice. */
const LIVE_INTERVAL_MS = 50;
/** How soon a command is looked at that has just begun: it may fill the disk in no time. */
const FIRST_LOOK_MS = 5;
/** As long as there is a backlog, ends are reported this often, many in one message. */
const REPORT_INTERVAL_MS = 15;
/** The backlog is given back when nothing ended for this long, so that others can run it. */
const PATIENCE_MS = 20;
/** How often it is looked whether one that is uncertain has begun. */
const BEGIN_INTERVAL_MS = 10;

const scope = self as unknown as DedicatedWorkerGlobalScope;

/** Serves this thread's supervisor until it terminates the thread. */
export function serveThread(): void {
  const thread = new Thread();
  scope.onmessage = ({ data }: MessageEvent<ToThread>) => thread.receive(data);
  send({ type: "ready" });
}

class Thread {
  #slots = 1;
  readonly #runs = new Map<string, Run>();
  /** Runs that are over, and whose output is not read yet. */
  #unread = 0;
  readonly #means = { launcher: thisPlatform.launcher(), lookout: new Lookout() };
  readonly #halting = new Halting(thisPlatform);
  #backlog: RunRequest[] = [];
  /** Ends that are not reported yet. */
  #ended: AttemptEnd[] = [];
  #endedLately = false;
  #look: Timer;
  /** When that is due, and when output is reported next, in ms by the monotonic clock. */
  #lookAt = 0;
  #liveAt = 0;
  #patience: Timer;
  #report: Timer;

  receive(message: ToThread): void {
    switch (message.type) {
      case "run":
        this.#slots = message.slots;
        this.#backlog.push(...message.requests);
        this.#begin();
        break;
      case "adopt":
        for (const request of message.requests) this.#adopt(request);
        break;
      case "end":
        this.#runs.get(message.token)?.end(message.reason, message.graceMs);
        this.#giveBack((request) => request.token === message.token);
        break;
      case "pause":
        this.#pause(message.token, message.since);
        if (message.since !== null) this.#giveBack((request) => request.token === message.token);
        break;
      case "recall":
        this.#giveBack(() => true);
    }
  }

  #begin(): void {
    while (this.#runs.size + this.#unread < this.#slots) {
      const request = this.#backlog.shift();
      if (!request) return;
      this.#run(Run.starting(request, this.#means), request.token);
      if (request.uncertain) this.#tellBegun(request);
    }
    if (this.#backlog.length > 0) this.#patience ??= setInterval(() => this.#losePatience(), PATIENCE_MS);
  }

  #adopt(request: AdoptRequest): void {
    const { token, pausedAt, pausedMs, printed } = request;
    const run = new Run(request, () => adopt(request, this.#means.lookout), printed);
    // Whoever watched it may have died before it followed the last wish.
    if (pausedAt !== null || pausedMs > 0) run.pause(wishFor(token, pausedAt));
    this.#run(run, token);
  }

  async #run(run: Run, token: string): Promise<void> {
    this.#runs.set(token, run);
    this.#lookIn(FIRST_LOOK_MS);
    const ended = await run.finish((outcome) => {
      this.#runs.delete(token);
      this.#endedLately = true;
      // What hinders this one hinders those behind it.
      if (outcome === "unstarted") this.#giveBack(() => true);
      // The next one runs while this one's output is read; where it cannot be read, no more than that one.
      this.#begin();
      this.#unread += 1;
    });
    this.#unread -= 1;
    this.#ended.push(ended);
    this.#begin();
    if (this.#backlog.length === 0) this.#reportEnds();
    else this.#report ??= setTimeout(() => this.#reportEnds(), REPORT_INTERVAL_MS);
  }

  async #pause(token: string, since: number | null): Promise<void> {
    await this.#halting.over; // else it would go on after that
    this.#runs.get(token)?.pause(wishFor(token, since));
  }

  async #tellBegun({ token, spool }: RunRequest): Promise<void> {
    while (this.#runs.has(token)) {
      if (hasBegun(spool)) return send({ type: "works" });
      await systemClock.sleep(BEGIN_INTERVAL_MS);
    }
  }

  #reportEnds(): void {
    clearTimeout(this.#report);
    this.#report = undefined;
    const ended = this.#ended;
    this.#ended = [];
    if (ended.length > 0) send({ type: "ended", ended }, ended.flatMap((one) => one.pieces));
  }

  /** Looks at all runs in this time, or before if that was planned. */
  #lookIn(pauseMs: number): void {
    const at = systemClock.monotonicMs() + pauseMs;
    if (this.#look !== undefined && this.#lookAt <= at) return;
    clearTimeout(this.#look);
    this.#lookAt = at;
    this.#look = setTimeout(() => this.#lookAtRuns(), pauseMs);
  }

  #lookAtRuns(): void {
    this.#look = undefined;
    if (this.#runs.size === 0) return;
    const now = systemClock.monotonicMs();
    if (now >= this.#liveAt) this.#reportOutput();
    let pauseMs = LIVE_INTERVAL_MS;
    const allTooFast: TooFast[] = [];
    for (const run of this.#runs.values()) {
      const look = run.keepSmall();
      pauseMs = Math.min(pauseMs, look.pauseMs);
      if (look.tooFast) allTooFast.push(look.tooFast);
    }
    if (allTooFast.length > 0) this.#cut(allTooFast);
    if (now >= this.#liveAt) this.#liveAt = now + LIVE_INTERVAL_MS;
    this.#lookIn(Math.min(pauseMs, Math.max(0, this.#liveAt - now)));
  }

  async #cut(tooFast: readonly TooFast[]): Promise<void> {
    await this.#halting.cut(tooFast);
    this.#lookIn(FIRST_LOOK_MS);
  }

  #reportOutput(): void {
    for (const [token, run] of this.#runs) {
      const pieces = run.live();
      if (pieces.length > 0) send({ type: "output", token, pieces }, pieces);
      const said = run.said();
      if (said) send({ type: "said", said: { token, ...said } });
    }
  }

  #losePatience(): void {
    if (!this.#endedLately) this.#giveBack(() => true);
    this.#endedLately = false;
    if (this.#backlog.length > 0) return;
    clearInterval(this.#patience);
    this.#patience = undefined;
  }

  #giveBack(which: (request: RunRequest) => boolean): void {
    const tokens = this.#backlog.filter(which).map((request) => request.token);
    if (tokens.length === 0) return;
    this.#backlog = this.#backlog.filter((request) => !tokens.includes(request.token));
    send({ type: "returned", tokens });
  }
}

function wishFor(token: string, since: number | null): PauseWish {
  return { since, onPaused: (since, unstopped) => send({ type: "paused", token, since, unstopped }) };
}

type Timer = ReturnType<typeof setTimeout> | undefined;

/** Sends a message, handing over the memory of its output instead of copying it. */
function send(message: FromThread, pieces: readonly OutputPiece[] = []): void {
  scope.postMessage(message, pieces.map((piece) => piece.bytes.buffer));
}
