/**
 * @module
 * One attempt: begin it, wait for its end or end it, say how it went. The attempt is over when its first process has
 * ended by itself, or, once that was killed or is being ended, when nothing of its process tree is left.
 */
import type { Stream } from "../../domain/job.ts";
import { systemClock } from "../../system/clock.ts";
import type { AttemptEnd, EndReason, RunRequest } from "../messages.ts";
import { endTree, saySurvivors } from "../process/end_tree.ts";
import { thisPlatform } from "../process/this_platform.ts";
import { isRoomy, wasDiskFull } from "../spool/full_disk.ts";
import { splitSpool, spooledEnd, wasTrimmedSince } from "../spool/spool.ts";
import { type Begun, type RunMeans, start, untilBegun } from "./begun.ts";
import { blameForError, sayError } from "./blame.ts";
import type { TooFast } from "./halting.ts";
import { patiently } from "./patiently.ts";
import { type PauseWish, Pausing } from "./pausing.ts";
import { endedBy, namingLimit, NO_END, notBegun, type Reason, type Result } from "./result.ts";
import { Said } from "./said.ts";
import { SpoolReader } from "./spool_reader.ts";
import { TimeLeft } from "./time_left.ts";

/** What could not be done with the spool is tried again after this time. */
const RETRY_MS = 50;

/** A command fails so soon after the disk was full, if that is why. */
const SHORTLY_MS = 5000;

/** Why an attempt is being ended. */
interface EndOrder {
  reason: Reason;
  graceMs: number;
}

export class Run {
  readonly #request: RunRequest;
  readonly #begin: () => Begun | Promise<Begun>;
  readonly #output: SpoolReader;
  readonly #said: Said;
  /** How much it had printed at the last look, and when it was heard of last, by the monotonic clock. */
  #heard = { printed: 0, ms: systemClock.monotonicMs() };
  #standsStill = false;
  /** As in `Launched`; null before it has begun. */
  #group: () => number | null = () => null;
  #canBeHalted = thisPlatform.canPause;
  /** Aborts when the attempt shall end, with an `EndOrder` as its reason. */
  readonly #ending = new AbortController();
  /** Follows wishes to pause, once it has begun. */
  #pause: (wish: PauseWish) => void = (wish) => this.#pauseWish = wish;
  /** The last one before that. */
  #pauseWish: PauseWish | undefined;
  /** It has ended because it was ended, not by itself. */
  #wasEnded = false;
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
    this.#said = new Said(request.spool, request.checkpoint);
  }

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

  /** What it says since the last call, as far as that may be told by now. */
  said(): ReturnType<Said["news"]> {
    try {
      return this.#said.news(systemClock.monotonicMs());
    } catch {
      return undefined; // as above
    }
  }

  /**
   * Keeps its spool small, and ends it when it prints too much. Returns in how many ms to call it again, and how to halt
   * it if it prints so fast that it has to be halted.
   */
  keepSmall(): { pauseMs: number; tooFast?: TooFast } {
    const { maxOutput, killGraceMs } = this.#request;
    if (this.#over) return { pauseMs: RETRY_MS };
    try {
      const nowMs = systemClock.monotonicMs();
      const group = this.#standsStill || !this.#canBeHalted ? null : this.#group();
      const { printed, pauseMs, halt } = this.#output.keepSmall(nowMs, { canBeHalted: group !== null });
      this.#endIfIdle(printed, nowMs);
      if (maxOutput > 0 && printed > maxOutput) this.#endFor("printed_too_much", killGraceMs);
      return halt && group !== null
        ? { pauseMs, tooFast: { group, setsid: this.#request.setsid, cut: (halted) => this.#cut(halted) } }
        : { pauseMs };
    } catch {
      return { pauseMs: RETRY_MS }; // as above
    }
  }

  #cut(halted: boolean): void {
    if (!halted) this.#canBeHalted = false;
    if (this.#over) return;
    try {
      this.#output.cut();
    } catch {
      // as above
    }
  }

  #endIfIdle(printed: number, nowMs: number): void {
    const { idleTimeoutMs, killGraceMs } = this.#request;
    if (idleTimeoutMs === 0) return;
    const heard = this.#said.heard() || printed !== this.#heard.printed || this.#standsStill;
    if (heard) this.#heard = { printed, ms: nowMs };
    else if (nowMs - this.#heard.ms >= idleTimeoutMs) this.#endFor("idle", killGraceMs);
  }

  /** Ends the attempt soon; `finish` then resolves. The first reason holds. */
  end(reason: EndReason, graceMs: number): void {
    this.#endFor(reason, graceMs);
  }

  /** Lets it stand still, or go on; its timeout does, too. */
  pause(wish: PauseWish): void {
    this.#pause(wish);
  }

  /**
   * Begins the attempt and resolves when it is over and its output is read; `onOver` is told before it is read. Never
   * rejects.
   */
  async finish(onOver: (outcome: AttemptEnd["outcome"]) => void = () => {}): Promise<AttemptEnd> {
    const now = systemClock.now();
    const beganMs = systemClock.monotonicMs();
    const result = await this.#run();
    const over = systemClock.now();
    this.#over = true;
    onOver(result.outcome);
    this.#giveUp();
    if (result.outcome === "failed" && !this.#wasEnded) result.error += await this.#sayFullDisk(beganMs);
    const { startedAt = now, finishedAt = over, witnessed = true } = result;
    const finished = { ...result, token: this.#request.token, startedAt, finishedAt, witnessed };
    try {
      const pieces = await patiently(() => this.#output.rest());
      return { ...finished, ...await this.#lastWords(), pieces, trimmed: this.#output.trimmed };
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

  async #lastWords(): Promise<Partial<AttemptEnd>> {
    const { said, retryInMs, spoke, hasCheckpoint } = await patiently(() => this.#said.rest());
    return {
      ...(Object.keys(said).length > 0 ? { said } : {}),
      ...(retryInMs === undefined ? {} : { retryInMs }),
      ...(spoke ? { spoke } : {}),
      ...(hasCheckpoint ? { hasCheckpoint } : {}),
    };
  }

  /** On a full disk, what is not kept of its output goes before the attempt is settled. */
  #giveUp(): void {
    try {
      this.#output.giveUp();
    } catch {
      // too many open files, for example: then it is settled if there is room all the same
    }
  }

  /** What is known of a disk that was full since a time by the monotonic clock. */
  async #sayFullDisk(sinceMs: number): Promise<string> {
    const { directory } = splitSpool(this.#request.spool);
    if (await wasDiskFull(directory, sinceMs)) return "; the disk was full";
    if (isRoomy(directory)) return "";
    try {
      const outpaced = this.#output.overflowedSince(systemClock.monotonicMs() - SHORTLY_MS) ||
        wasTrimmedSince(directory, systemClock.now() - SHORTLY_MS);
      return outpaced ? "; the disk may have been full" : "";
    } catch {
      return ""; // as above: nobody can look
    }
  }

  #endFor(reason: Reason, graceMs: number): void {
    this.#ending.abort({ reason, graceMs } satisfies EndOrder);
  }

  async #run(): Promise<Result> {
    let begun: Begun;
    try {
      begun = await this.#begin();
    } catch (error) {
      return notBegun(blameForError(error, this.#request));
    }
    const { startedAt, witnessed } = begun;
    return { startedAt, witnessed, ...namingLimit(await this.#watch(begun), this.#request.limits) };
  }

  async #watch(begun: Begun): Promise<Result> {
    const { token, spool, timeoutMs, killGraceMs, byToken } = this.#request;
    const { signal } = this.#ending;
    const aborted = Promise.withResolvers<void>();
    const onAbort = () => aborted.resolve();
    signal.addEventListener("abort", onAbort);
    if (signal.aborted) onAbort();
    const tree = () => ({ token, ...(begun.byOutput ? { spool } : {}), root: begun.root() });
    const left = timeoutMs > 0
      ? new TimeLeft(timeoutMs - begun.ageMs, {
        moreMs: untilBegun(spool, begun.startedAt, timeoutMs),
        onOver: () => this.#endFor("timed_out", killGraceMs),
      })
      : undefined;
    left?.go();
    let pausing: Pausing | undefined;
    this.#group = begun.group;
    this.#pause = (wish) => {
      if (!begun.inSight) return;
      this.#standsStill = wish.since !== null;
      if (wish.since === null) left?.go();
      else left?.stop();
      pausing ??= new Pausing(() => ({ ...tree(), waiter: begun.waiter() }), byToken);
      pausing.follow(wish);
    };
    if (this.#pauseWish) this.#pause(this.#pauseWish);
    const end = await Promise.race([begun.ended, aborted.promise]) ??
      // What has ended a moment ago is not to be ended any more.
      (hasLeftEnd(spool) ? await begun.ended : undefined);
    left?.stop();
    this.#pause = () => {};
    await pausing?.close();
    signal.removeEventListener("abort", onAbort);

    const endAll = (graceMs: number) => endTree(tree, { graceMs, byToken, clock: systemClock });
    if (end) {
      // Whoever kills the first process leaves the others: they must not meet those of the next attempt.
      const killed = end.outcome === "lost" || end.signal !== null;
      const survivors = begun.inSight && killed ? saySurvivors(await endAll(killGraceMs)) : "";
      return survivors === "" ? end : { ...end, error: `${end.error}${survivors}` };
    }
    const { reason, graceMs } = signal.reason as EndOrder;
    const waiter = begun.waiter();
    const { survivors, parents } = await endAll(graceMs);
    if (survivors === 0 && parents && (waiter === null || !parents.has(waiter))) {
      const own = await begun.ended;
      if (own.exitCode !== null) return own;
    }
    this.#wasEnded = true;
    return endedBy(reason, {
      ...this.#request,
      end: survivors === 0 ? await begun.ended : NO_END,
      survivors,
    });
  }
}

/** Whether an end was left in the spool; false when nobody can look. */
function hasLeftEnd(spool: string): boolean {
  try {
    return spooledEnd(spool) !== undefined;
  } catch {
    return false;
  }
}
