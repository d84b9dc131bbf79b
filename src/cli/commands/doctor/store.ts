/**
 * @module
 * The checks of the store: can it be used, is it sound, is somebody told of its changes, who works on it.
 */
import { formatDuration } from "../../../domain/duration.ts";
import { StoreDamaged, StoreUnusable, UserError } from "../../../domain/errors.ts";
import { settingsFrom } from "../../../domain/settings.ts";
import type { Store, StoreInfo, WorkerInfo } from "../../../store/contract.ts";
import { checkServerOf } from "../../../store/check.ts";
import { rescueOf } from "../../../store/open.ts";
import type { Home } from "../../../system/home.ts";
import { leaseEnd, OVERDUE_MS, someoneFires, workerState } from "../../../views/status.ts";
import type { Context } from "../../line/context.ts";
import { fromNow } from "../../show/times.ts";
import { type Finding, ok, problem, warning } from "./finding.ts";

/** How long the doorbell may take to be heard. */
const EARSHOT_MS = 1000;

/** Everything about the store, up to where it cannot be used. */
export async function* checkStore(context: Context): AsyncGenerator<Finding> {
  try {
    yield* checkOpened(context, await context.store());
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    if (!(error instanceof StoreDamaged)) {
      yield {
        ...problem("store", error.message, "see to that first, or choose another home with --home DIR"),
        ...context.meant.address !== undefined && error instanceof StoreUnusable &&
          { exitCode: error.exitCode },
      };
    } else yield await damaged(context, { check: "store", found: error.message.replace(HINT, "") });
  }
}

/** The advice in the sentence for damage, which those who run `doctor` need no more. */
const HINT = "; run queuectl doctor";

async function damaged(
  { home, meant }: Context,
  { check, found }: { check: string; found: string },
): Promise<Finding> {
  const rescue = await rescueOf(home, meant);
  if (!rescue) return problem(check, found, "see to that with the tools that come with its engine");
  const seen = rescue.survey();
  const extent = seen ? `; ${seen.readable} of about ${seen.of} jobs can be read` : "";
  return problem(check, found + extent, whatToDo(home));
}

/** The engine's first finding, and how many more there are: to most people all of them say no more. */
function inShort(damage: readonly string[]): string {
  const lines = damage.flatMap((one) => one.split("\n")).filter((line) => !line.startsWith("***"));
  return lines.length > 1 ? `${lines[0]}, and ${lines.length - 1} more of the kind` : `${lines[0]}`;
}

function whatToDo({ database, doorbell }: Home): string {
  const backup = `put a backup in its place, without ${database}-wal and ${database}-shm`;
  if (sizeOf(database) + sizeOf(`${database}-wal`) > 0) {
    return `save what can be read with queuectl doctor --salvage FILE, or ${backup}`;
  }
  return `${backup}, or delete ${doorbell} to begin anew`;
}

function sizeOf(path: string): number {
  try {
    return Deno.statSync(path).size;
  } catch {
    return 0; // it is not there
  }
}

async function* checkOpened(context: Context, store: Store): AsyncGenerator<Finding> {
  const info = await store.info();
  yield ok(
    "store",
    `${megabytes(info.size)} and a log of ${megabytes(info.logSize)}, schema ${info.schemaVersion}`,
  );
  yield* checkEngine(info);
  const damage = await store.care.check?.();
  if (damage === undefined) {
    yield ok("integrity", "not checked: the tools that come with its engine do that, on a server amcheck");
  } else if (damage.length === 0) yield ok("integrity", "all is well");
  else return yield await damaged(context, { check: "integrity", found: inShort(damage) });
  await store.changeSettings(new Map()); // changes nothing, but says when nothing can be written
  while (await store.recover()); // what a killed process had begun to enqueue
  yield* checkServerOf(context.meant, context);
  yield* findingsOf("counts", await store.recount(), "please report this as a defect of queuectl");
  yield await checkDoorbell(context, store);
  yield* checkWorkers(context, store);
  yield* checkSchedules(context, store);
  yield await checkRetention(store);
}

/** How long ended jobs are kept, since that says how large the store becomes. */
async function checkRetention(store: Store): Promise<Finding> {
  const { retentionMs, retentionDeadMs } = settingsFrom(await store.settings(), store.defaults);
  const said = (ms: number) => ms === 0 ? "for ever" : formatDuration(ms);
  const queues = await store.queues();
  const own = queues.filter(({ retentionMs, retentionDeadMs }) => (retentionMs ?? retentionDeadMs) !== null);
  const others = own.length === 0
    ? ""
    : own.length === 1
    ? "; 1 queue says otherwise"
    : `; ${own.length} queues say otherwise`;
  return ok(
    "retention",
    `completed and cancelled jobs are kept ${said(retentionMs)}, dead ones ${said(retentionDeadMs)}${others}`,
  );
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

function* checkEngine({ engine, doubts }: StoreInfo): Generator<Finding> {
  if (doubts.length === 0) yield ok("engine", engine);
  for (const { found, advice } of doubts) yield warning("engine", found, advice);
}

function* findingsOf(check: string, wrong: readonly string[], advice: string): Generator<Finding> {
  if (wrong.length === 0) yield ok(check, "all is well");
  for (const one of wrong) yield problem(check, one, advice);
}

async function checkDoorbell({ home, clock }: Context, store: Store): Promise<Finding> {
  const heard = new AbortController();
  using _listening = store.listen(() => heard.abort());
  const start = clock.monotonicMs();
  const seconds = clock.now() / 1000;
  await Deno.utime(home.doorbell, seconds, seconds).catch(() => {});
  await clock.sleep(EARSHOT_MS, heard.signal);
  if (heard.signal.aborted) {
    return ok("doorbell", `heard after ${(clock.monotonicMs() - start).toFixed(1)} ms`);
  }
  return warning(
    "doorbell",
    "changes are not announced on this file system",
    "workers find new jobs by looking, every poll_interval; a local disk would let them start at once",
  );
}

async function* checkWorkers({ clock }: Context, store: Store): AsyncGenerator<Finding> {
  const now = clock.now();
  const workers = await store.workers();
  const gone = workers.filter(({ leaseUntil }) => leaseUntil <= now);
  for (const worker of gone) {
    yield warning("workers", describeGone(worker, now), "start a worker on that host: it adopts what runs");
  }
  const there = workers.length - gone.length;
  const { counts: { pending } } = await store.summary(0);
  if (there === 0 && pending > 0) {
    yield warning(
      "workers",
      `${pending === 1 ? "1 job is" : `${pending} jobs are`} pending and no worker is there`,
      "queuectl worker start",
    );
  } else yield ok("workers", `${there} there`);
}

async function* checkSchedules({ clock }: Context, store: Store): AsyncGenerator<Finding> {
  const now = clock.now();
  const { total, paused, overdue } = await store.scheduleSummary(now - OVERDUE_MS);
  if (total === 0) return;
  const fired = someoneFires(await store.workers(), now);
  const counts = `${total}${paused > 0 ? `, ${paused} of them paused` : ""}`;
  if (total > paused && !fired) {
    const late = overdue > 0 ? `, and ${overdue} are overdue` : "";
    yield warning(
      "schedules",
      `${counts}; none is fired while no worker is running${late}`,
      "queuectl worker start",
    );
  } else if (overdue > 0) {
    yield warning(
      "schedules",
      `${overdue} of ${total} are overdue although a worker is running`,
      "its log says why: queuectl worker logs; a zone may not be known on its host, or its version may be older",
    );
  } else yield ok("schedules", counts);
}

function describeGone(worker: WorkerInfo, now: number): string {
  const { id, host, pid, running } = worker;
  const jobs = running.length === 0 ? "" : `, running ${running.join(", ")}`;
  const end = leaseEnd(worker);
  const how = workerState(worker, now) === "left"
    ? "has left"
    : `is gone${end === null ? "" : `: its lease ended ${fromNow(end, now)}`}`;
  return `${id} (pid ${pid} on ${host}${jobs}) ${how}`;
}
