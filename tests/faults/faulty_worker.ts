/**
 * @module
 * A worker that fails at a chosen point: `faulty_worker.ts worker start …` with `FAULT_POINT` naming the point,
 * `FAULT_AT` how many times it passes there before, and `FAULT_MARKER` a file that is made just before, so that it
 * happens once. `FAULT_GAP_MS` widens the gaps between its steps, each by up to so much, so that races that need a
 * millisecond are not waited for in vain. It is the program itself with a few of its methods wrapped; its threads are
 * this file, too.
 */
import { runCli } from "../../src/cli/line/app.ts";
import { Database } from "../../src/store/sqlite/engine/database.ts";
import { SqliteStore } from "../../src/store/sqlite/store.ts";
import { PosixLauncher } from "../../src/worker/process/posix/launcher.ts";
import { Crew } from "../../src/worker/supervisor/crew.ts";
import { type GapName, GAPS, type PointName } from "./points.ts";

/** Nobody ever changes it. */
const NEVER = new Int32Array(new SharedArrayBuffer(4));
/** Long enough for a thread to start what else it has been given. */
const MOMENT_MS = 100;

const point = Deno.env.get("FAULT_POINT") as PointName | undefined;
const gapMs = Number(Deno.env.get("FAULT_GAP_MS") ?? 0);
const marker = Deno.env.get("FAULT_MARKER")!;
const inThread = "WorkerGlobalScope" in globalThis;
let passes = Number(Deno.env.get("FAULT_AT"));

if (gapMs > 0) { for (const gap of Object.keys(GAPS) as GapName[]) widen(gap); }
makeFaulty();
keepEnvironment();
if (inThread) {
  const { serveThread } = await import("../../src/worker/thread/thread.ts");
  serveThread();
} else {
  Deno.exit(await runCli(Deno.args));
}

/** The program drops the permission to read its environment, but threads that start later still come here. */
function keepEnvironment(): void {
  const revoke = Deno.permissions.revokeSync.bind(Deno.permissions);
  Deno.permissions.revokeSync = (permission) =>
    permission.name === "env" ? Deno.permissions.querySync(permission) : revoke(permission);
}

function makeFaulty(): void {
  switch (point) {
    case "claimed":
      return after(SqliteStore, "exchange", (_, { claimed }) => claimed.length > 0 && die());
    case "handed":
      return after(Crew, "run", ([given], left) => given.length > left.length && die());
    case "spawned":
      return after(PosixLauncher, "launch", () => die());
    case "ended":
      return before(SqliteStore, "exchange", ([{ settlements }]) => settlements.length > 0 && die());
    case "settling":
      return after(Database, "get", ([sql]) => /UPDATE attempts SET\s+started_at/.test(sql) && die());
    case "settled":
      return after(SqliteStore, "exchange", ([{ settlements }]) => settlements.length > 0 && die());
    case "telling":
      return after(Database, "run", ([sql]) => sql.startsWith("UPDATE needs SET decided") && die());
    case "told": {
      let areLeft = false;
      after(Database, "run", ([sql]) => areLeft ||= sql.startsWith("UPDATE ended SET after"));
      return after(SqliteStore, "exchange", () => areLeft && die());
    }
    case "taken-over":
      return after(SqliteStore, "takeOver", (_, tokens) => tokens && tokens.length > 0 && die());
    case "barred":
      return before(SqliteStore, "adopt", die);
    case "adopted":
      return after(SqliteStore, "adopt", ([, adoptions]) => adoptions.length > 0 && die());
    case "deaf":
      SqliteStore.prototype.renew = () => Promise.resolve(true);
      return;
    case "thread-crash":
      return after(PosixLauncher, "launch", () => isTime() && setTimeout(crashThread, MOMENT_MS));
    case "thread-start":
      if (!inThread) return;
      Deno.writeTextFileSync(marker, `${Date.now()}\n`, { append: true });
      crashThread();
  }
}

/** Lets time pass after a step, or, where nobody can wait for it, before. */
function widen(gap: GapName): void {
  switch (gap) {
    case "tryLock":
      return pauseAfter(Deno.FsFile, gap);
    case "launch":
      return before(PosixLauncher, gap, () => Atomics.wait(NEVER, 0, 0, anyMs()));
    default:
      return pauseAfter(SqliteStore, gap);
  }
}

/** Ends this process now, if it is time to. */
function die(): void {
  if (!isTime()) return;
  Deno.kill(Deno.pid, "SIGKILL");
  while (true); // the signal may take a moment, in which nothing else must happen
}

/** Whether the point has been passed often enough and nothing has happened there yet. */
function isTime(): boolean {
  if (passes > 0) {
    passes -= 1;
    return false;
  }
  try {
    Deno.openSync(marker, { write: true, createNew: true }).close();
    return true;
  } catch {
    return false;
  }
}

/** How long a gap is this time. */
function anyMs(): number {
  return Math.random() * gapMs;
}

function crashThread(): never {
  throw new Error("the thread crashes");
}

/** A class, and what its instances can do. */
interface Class<T> {
  prototype: T;
}

// deno-lint-ignore no-explicit-any -- any method of any class
type Method = (...args: any) => any;

type MethodOf<T, K extends keyof T> = T[K] extends Method ? T[K] : never;

/** Lets time pass after every call of a method, before its caller goes on. */
function pauseAfter<T, K extends keyof T>({ prototype }: Class<T>, name: K): void {
  const method = prototype[name] as Method | undefined;
  if (!method) return; // an older runtime
  prototype[name] = async function (this: T, ...args: unknown[]) {
    const result = await method.apply(this, args);
    await new Promise((resolve) => setTimeout(resolve, anyMs()));
    return result;
  } as T[K];
}

/** Does something before every call of a method. */
function before<T, K extends keyof T>(
  { prototype }: Class<T>,
  name: K,
  action: (args: Parameters<MethodOf<T, K>>) => unknown,
): void {
  const method = prototype[name] as Method;
  prototype[name] = function (this: T, ...args: Parameters<MethodOf<T, K>>) {
    action(args);
    return method.apply(this, args);
  } as T[K];
}

/** Does something after every call of a method, before its caller goes on. */
function after<T, K extends keyof T>(
  { prototype }: Class<T>,
  name: K,
  action: (args: Parameters<MethodOf<T, K>>, result: Awaited<ReturnType<MethodOf<T, K>>>) => unknown,
): void {
  const method = prototype[name] as Method;
  prototype[name] = function (this: T, ...args: Parameters<MethodOf<T, K>>) {
    const returned = method.apply(this, args);
    const act = (result: Awaited<ReturnType<MethodOf<T, K>>>) => {
      action(args, result);
      return result;
    };
    return returned instanceof Promise ? returned.then(act) : act(returned);
  } as T[K];
}
