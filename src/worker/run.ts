/**
 * @module
 * One attempt: begin it, wait for its end or end it, say how it went. The attempt is over when its first process has
 * ended by itself, or, once that was killed or is being ended, when nothing of its process tree is left.
 */
import { systemClock } from "../clock.ts";
import { formatDuration } from "../duration.ts";
import { formatSize } from "../settings.ts";
import type { Stream } from "../job.ts";
import { endTree } from "./end_tree.ts";
import type { Lookout } from "./lookout.ts";
import type { Ended, EndReason, RunRequest } from "./messages.ts";
import { SpoolReader } from "./output.ts";
import { type LaunchEnd, type Launcher, RUN_VARIABLE } from "./process/platform.ts";
import { wasDiskFull } from "./full_disk.ts";
import { hasBegun, type ProcessEnd, splitSpool, spooledEnd } from "./spool.ts";

/** By somebody's wish, or by its own doing. */
export type Reason = EndReason | "timed_out" | "printed_too_much";

/** What could not be done with the spool is tried again after this time. */
const RETRY_MS = 50;

/** Why an attempt is being ended. */
interface Ending {
  reason: Reason;
  graceMs: number;
}

/** The first process of an attempt, however one came to watch it. */
export interface Begun {
  /** Resolves with how it went once the process has ended. */
  ended: Promise<Result>;
  /** As in `Ended`. */
  witnessed: boolean;
  /** Some of its processes may be told by nothing but that they print to its spool. */
  byOutput: boolean;
  /** What its token names can be ended from here. */
  inSight: boolean;
  /** As in `Tree`. */
  root(): number | null;
  /** When it began, in ms since the epoch. */
  startedAt: number;
  /** For how long it has been running, in ms by the monotonic clock. */
  ageMs: number;
}

/** One attempt under way. */
export class Run {
  readonly #request: RunRequest;
  readonly #begin: () => Begun | Promise<Begun>;
  readonly #output: SpoolReader;
  /** Aborts when the attempt shall end, with an `Ending` as its reason. */
  readonly #ending = new AbortController();
  /** It has ended: its output is as it will stay. */
  #over = false;

  /**
   * Nothing is begun yet: see `finish`. `begin` comes to watch the command, and `printed` is how far each stream was
   * handed over before, by somebody else.
   */
  constructor(
    request: RunRequest,
    begin: () => Begun | Promise<Begun>,
    printed?: Readonly<Record<Stream, number>>,
  ) {
    this.#request = request;
    this.#begin = begin;
    this.#output = new SpoolReader(request.spool, request.outputLimit, printed);
  }

  /** One that starts the command. */
  static starting(request: RunRequest, means: RunMeans): Run {
    return new Run(request, () => start(request, means));
  }

  /** Output since the last call; none when it cannot be read just now. */
  live(): ReturnType<SpoolReader["live"]> {
    try {
      return this.#output.live(systemClock.monotonicMs());
    } catch {
      return []; // too many open files, for example: what is there stays there
    }
  }

  /** Keeps its spool small, and ends it when it prints too much. Returns in how many ms to call it again. */
  keepSmall(): number {
    const { maxOutput, killGraceMs } = this.#request;
    if (this.#over) return RETRY_MS;
    try {
      const { printed, pauseMs } = this.#output.keepSmall(systemClock.monotonicMs());
      if (maxOutput > 0 && printed > maxOutput) this.#endFor("printed_too_much", killGraceMs);
      return pauseMs;
    } catch {
      return RETRY_MS; // as above
    }
  }

  /** Ends the attempt soon; `finish` then resolves. The first reason holds. */
  end(reason: EndReason, graceMs: number): void {
    this.#endFor(reason, graceMs);
  }

  /** Begins the attempt and resolves when it is over. Never rejects. */
  async finish(): Promise<Ended> {
    const now = systemClock.now();
    const beganMs = systemClock.monotonicMs();
    const result = await this.#run();
    const over = systemClock.now();
    this.#over = true;
    const { directory } = splitSpool(this.#request.spool);
    const byItself = result.outcome === "failed" && !this.#ending.signal.aborted;
    if (byItself && await wasDiskFull(directory, beganMs)) {
      result.error += "; the disk was full";
    }
    const { startedAt = now, finishedAt = over, witnessed = true } = result;
    const finished = { ...result, token: this.#request.token, startedAt, finishedAt, witnessed };
    try {
      return { ...finished, pieces: this.#output.rest(), trimmed: this.#output.trimmed };
    } catch (error) {
      const reason = `its output is lost: ${sayError(error)}`;
      return {
        ...finished,
        pieces: [],
        trimmed: true,
        error: `${result.error ?? result.outcome}; ${reason}`,
      };
    }
  }

  async #endAfter(timeoutMs: number, over: AbortSignal): Promise<void> {
    await systemClock.sleep(timeoutMs, over);
    if (!over.aborted) this.#endFor("timed_out", this.#request.killGraceMs);
  }

  #endFor(reason: Reason, graceMs: number): void {
    this.#ending.abort({ reason, graceMs } satisfies Ending);
  }

  async #run(): Promise<Result> {
    let begun: Begun;
    try {
      begun = await this.#begin();
    } catch (error) {
      return notStarted(sayError(error));
    }
    const { startedAt, witnessed } = begun;
    return { startedAt, witnessed, ...await this.#watch(begun) };
  }

  async #watch(begun: Begun): Promise<Result> {
    const { token, spool, timeoutMs, maxOutput, killGraceMs, byToken } = this.#request;
    const { signal } = this.#ending;
    const aborted = Promise.withResolvers<void>();
    const onAbort = () => aborted.resolve();
    signal.addEventListener("abort", onAbort);
    if (signal.aborted) onAbort();
    const over = new AbortController();
    if (timeoutMs > 0) this.#endAfter(timeoutMs - begun.ageMs, over.signal);
    const end = await Promise.race([begun.ended, aborted.promise]);
    over.abort();
    signal.removeEventListener("abort", onAbort);

    const endAll = (graceMs: number) =>
      endTree(() => ({ token, ...(begun.byOutput ? { spool } : {}), root: begun.root() }), {
        graceMs,
        byToken,
        clock: systemClock,
      });
    if (end) {
      // Whoever kills the first process leaves the others: they must not meet those of the next attempt.
      if (begun.inSight && (end.outcome === "lost" || end.signal !== null)) await endAll(killGraceMs);
      return end;
    }
    const { reason, graceMs } = signal.reason as Ending;
    const left = await endAll(graceMs);
    return endedBy(reason, { end: left === 0 ? await begun.ended : NO_END, left, timeoutMs, maxOutput });
  }
}

/** How an attempt went. */
export interface Result extends ProcessEnd, Pick<Ended, "outcome" | "error"> {
  /** In ms since the epoch; left out where the time of asking is as good. */
  startedAt?: number;
  /** In ms since the epoch; left out where the time of noticing is as good. */
  finishedAt?: number;
  /** As in `Ended`; left out where nobody knows. */
  witnessed?: boolean;
}

/** An end of which nothing is known. */
export const NO_END: ProcessEnd = { exitCode: null, signal: null };

/** What it takes to start a command and to watch it. */
export interface RunMeans {
  /** Starts it. */
  launcher: Launcher;
  /** Looks for it when nobody waits for it any more. */
  lookout: Lookout;
}

/** Starts the command. @throws when it cannot be started */
function start(request: RunRequest, { launcher, lookout }: RunMeans): Begun {
  const { token, spool, byToken } = request;
  const startedAt = systemClock.now();
  const { ended, witnessed, root } = launcher.launch({
    ...request,
    env: { ...request.env, [RUN_VARIABLE]: token },
  });
  const result = async (end: LaunchEnd): Promise<Result> => {
    if (end.kind === "failed") return notStarted(end.error);
    if (end.kind === "unstarted") return { ...NO_END, outcome: "unstarted", error: null };
    if (end.kind === "ended") return resultOfFirst(end, spool);
    const left = await lookout.watch(spool, { mark: token, byToken }).ended;
    return left ? resultOf(left) : resultOfFirst({ code: 1, signal: end.signal }, spool);
  };
  return {
    ended: ended.then(result),
    witnessed,
    byOutput: !witnessed,
    inSight: true,
    root,
    startedAt,
    ageMs: 0,
  };
}

function notStarted(reason: string): Result {
  return { ...NO_END, outcome: "failed", error: `could not start: ${reason}` };
}

/** How a command went, by the status of its first process. */
function resultOfFirst({ code, signal }: { code: number; signal: string | null }, spool: string): Result {
  // A witness exits with such a code for a command that a signal ended, too, but knows the difference.
  const end = (code > 128 && spooledEnd(spool)) || (signal === null ? undefined : { exitCode: null, signal });
  if (end) return resultOf(end);
  if (code !== 0 && !hasBegun(spool)) {
    return notStarted("its spool cannot be written");
  }
  return resultOf({ exitCode: code, signal: null });
}

/** How a command went that ended by itself or was killed by somebody else. */
export function resultOf({ exitCode, signal }: ProcessEnd): Result {
  if (signal !== null) return { exitCode: null, signal, outcome: "failed", error: `killed by ${signal}` };
  if (exitCode === 0) return { exitCode, signal, outcome: "completed", error: null };
  return { exitCode, signal, outcome: "failed", error: `exit code ${exitCode}` };
}

function sayError(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** How an attempt went that was ended, with `left` of its processes that could not be. */
export function endedBy(
  reason: Reason,
  { end, left, timeoutMs, maxOutput }: {
    end: ProcessEnd;
    left: number;
    timeoutMs: number;
    maxOutput: number;
  },
): Result {
  const survivors = left === 0 ? "" : `; ${left} of its processes could not be ended`;
  const said = {
    timed_out: `timed out after ${formatDuration(timeoutMs)}`,
    printed_too_much: `printed more than ${formatSize(maxOutput)}`,
    cancelled: "cancelled",
    released: "put back by its worker",
  }[reason];
  const outcome = reason === "printed_too_much" ? "failed" : reason;
  return { outcome, exitCode: end.exitCode, signal: end.signal, error: said + survivors };
}
