/**
 * @module
 * One attempt: start the command, wait for its end or end it, say how it went. The attempt is over when its first
 * process has ended by itself, or, once it is being ended, when nothing of its process tree is left.
 */
import { systemClock } from "../clock.ts";
import { formatDuration } from "../duration.ts";
import { endTree } from "./end_tree.ts";
import type { Ended, EndReason, RunRequest } from "./messages.ts";
import { hasBegun, SpoolReader } from "./output.ts";
import { launch, RUN_VARIABLE } from "./process.ts";

/** Why an attempt is being ended. */
interface Ending {
  reason: EndReason | "timed_out";
  graceMs: number;
}

/** One attempt under way. */
export class Run {
  readonly #request: RunRequest;
  readonly #output: SpoolReader;
  /** Aborts when the attempt shall end, with an `Ending` as its reason. */
  readonly #ending = new AbortController();

  /** Nothing is started yet: see `finish`. */
  constructor(request: RunRequest) {
    this.#request = request;
    this.#output = new SpoolReader(request.spool, request.outputLimit);
  }

  /** Output since the last call. */
  live(): ReturnType<SpoolReader["live"]> {
    return this.#output.live(systemClock.monotonicMs());
  }

  /** Ends the attempt soon; `finish` then resolves. The first reason holds. */
  end(reason: EndReason, graceMs: number): void {
    this.#ending.abort({ reason, graceMs } satisfies Ending);
  }

  /** Starts the command and resolves when the attempt is over. Never rejects. */
  async finish(): Promise<Ended> {
    const startedAt = systemClock.now();
    const end = await this.#run();
    const finished = { ...end, token: this.#request.token, startedAt, finishedAt: systemClock.now() };
    try {
      return { ...finished, pieces: this.#output.rest() };
    } catch (error) {
      return {
        ...finished,
        pieces: [],
        error: `${end.error ?? end.outcome}; its output is lost: ${sayError(error)}`,
      };
    }
  }

  async #endAfter(timeoutMs: number, over: AbortSignal): Promise<void> {
    await systemClock.sleep(timeoutMs, over);
    if (over.aborted) return;
    this.#ending.abort({ reason: "timed_out", graceMs: this.#request.killGraceMs } satisfies Ending);
  }

  async #run(): Promise<Result> {
    const { token, spool, timeoutMs, procfs } = this.#request;
    const { signal } = this.#ending;
    let child: Deno.ChildProcess;
    try {
      child = launch({ ...this.#request, env: { ...this.#request.env, [RUN_VARIABLE]: token } });
    } catch (error) {
      return failure(`could not start: ${sayError(error)}`);
    }
    const aborted = Promise.withResolvers<void>();
    const onAbort = () => aborted.resolve();
    signal.addEventListener("abort", onAbort);

    let status: Deno.CommandStatus | undefined;
    const ended = child.status.then((value) => status = value);
    const over = new AbortController();
    if (timeoutMs > 0) this.#endAfter(timeoutMs, over.signal);
    await Promise.race([ended, aborted.promise]);
    over.abort();
    signal.removeEventListener("abort", onAbort);
    if (status !== undefined) {
      if (status.code !== 0 && !hasBegun(spool)) {
        return failure("could not start: its spool cannot be written");
      }
      return resultOf(status);
    }

    const ending = signal.reason as Ending;
    // A reaped process's pid may be another's by now; a group keeps its number while anyone is in it.
    const tree = () => ({ token, root: procfs && status ? null : child.pid });
    const left = await endTree(tree, { graceMs: ending.graceMs, procfs, clock: systemClock });
    if (left === 0) await ended;
    return endedBy(ending, { status, left, timeoutMs });
  }
}

type Result = Pick<Ended, "outcome" | "exitCode" | "signal" | "error">;

function sayError(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function failure(error: string): Result {
  return { outcome: "failed", exitCode: null, signal: null, error };
}

/** How a command went that ended by itself. A signal leaves no exit code. */
function resultOf({ code, signal }: Deno.CommandStatus): Result {
  if (signal !== null) return { outcome: "failed", exitCode: null, signal, error: `killed by ${signal}` };
  if (code === 0) return { outcome: "completed", exitCode: 0, signal: null, error: null };
  return { outcome: "failed", exitCode: code, signal: null, error: `exit code ${code}` };
}

function endedBy(
  { reason }: Ending,
  { status, left, timeoutMs }: { status: Deno.CommandStatus | undefined; left: number; timeoutMs: number },
): Result {
  const survivors = left === 0 ? "" : `; ${left} of its processes could not be ended`;
  const said = {
    timed_out: `timed out after ${formatDuration(timeoutMs)}`,
    cancelled: "cancelled",
    released: "put back by its worker",
  }[reason];
  const signal = status?.signal ?? null;
  const exitCode = status && signal === null ? status.code : null;
  return { outcome: reason, exitCode, signal, error: said + survivors };
}
