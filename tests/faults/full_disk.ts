/**
 * @module
 * The disk with the home on it is filled to the last byte while jobs run. Nothing acknowledged is lost, workers
 * wait quietly, and all goes on once there is room. The disk is a small one in memory, of our own.
 */
import { reserveSize } from "../../src/store/reserve.ts";
import { systemClock } from "../../src/system/clock.ts";
import { clear } from "../helpers/jobs.ts";
import { queuectl } from "../helpers/cli.ts";
import { type TempDir, tempDir } from "../helpers/temp.ts";
import { until } from "../helpers/until.ts";
import { type TestStore, testStore } from "../helpers/worker.ts";
import { AFTERMATH, aftermath } from "./aftermath.ts";
import { Charge, VERIFIED } from "./charge.ts";
import type { Fault } from "./fault.ts";
import { FAILS, type Kind, plain, TRAPS_EXIT, WAITS, WAITS_AND_FAILS } from "./kinds.ts";
import { Ledger } from "./ledger.ts";
import { cpuMs } from "./processes.ts";
import { Workers } from "./workers.ts";

const DISK = "8m";
const ROUNDS = { short: 1, full: 10 } as const;
/** How long workers are watched while the disk is full, and the CPU time they may use, as a part of that. */
const WATCH_MS = 3000;
const CPU_AT_MOST = 0.2;
/** The log beside the database has some room left in it: that has to be used up, too. */
const LARGE_JOBS = 50;
const TRIES_AT_MOST = 100;

/** What runs when the disk becomes full. */
const RUNNING: readonly Kind[] = [WAITS, WAITS_AND_FAILS];
/** What waits behind that. */
const WAITING: readonly Kind[] = [plain(), FAILS, TRAPS_EXIT, plain(0.5)];

/** A disk that is full. */
export const FULL_DISK: Fault = {
  name: "full-disk",
  get impossible() {
    return whyNotMount();
  },
  async run(scale) {
    const found: string[] = [];
    const cpu: number[] = [];
    for (let round = 0; round < ROUNDS[scale]; round++) found.push(...await fillOnce(cpu));
    const most = Math.round(Math.max(...cpu) * 100);
    return {
      injected: `a disk filled ${ROUNDS[scale]} times to the last byte`,
      checked: [
        "enqueue says so with exit code 3 and has stored nothing",
        "running jobs end meanwhile, and are settled with what is in reserve",
        `workers stay and wait with ${most} % of the CPU (at most ${CPU_AT_MOST * 100} %)`,
        ...VERIFIED,
        ...AFTERMATH,
      ],
      found,
    };
  },
};

async function fillOnce(cpu: number[]): Promise<string[]> {
  using test = await testStore(smallDisk());
  await using workers = new Workers(test);
  const charge = new Charge(test);
  const running = await charge.enqueue(...RUNNING);
  const worker = workers.start(["--count", "2"]);
  await until("both jobs run", () => running.every((id) => charge.hasStarted(id)));
  await charge.enqueue(...WAITING);
  await until("there is a reserve", () => reserveSize(test.dir.home) > 512 * 1024);

  const ballast = `${test.home}/ballast`;
  fill(ballast);
  const found = await refusals(test, ballast);
  Deno.writeTextFileSync(test.dir.file("go"), "");
  await until("what ran has ended", () => running.every((id) => endsOf(id, test) === 1));
  await until("it is settled, with what is in reserve", async () => {
    const states = await test.store.states(running);
    return !states.includes("processing");
  }).catch((error) => found.push(error.message));
  const before = cpuMs(worker.pid);
  await systemClock.sleep(WATCH_MS);
  if (!workers.alive.includes(worker)) found.push(`The worker has ended: ${workers.log}`);
  else cpu.push((cpuMs(worker.pid) - before) / WATCH_MS);
  if (cpu.at(-1)! > CPU_AT_MOST) found.push(`The worker uses ${Math.round(cpu.at(-1)! * 100)} % of the CPU.`);

  Deno.removeSync(ballast);
  await until("all jobs have ended", () => charge.over()).catch((error) => found.push(error.message));
  const again = await queuectl(["enqueue", "true"], { home: test.home });
  if (again.code !== 0) found.push(`With room on the disk, enqueue fails: ${again.stderr}`);
  await until("the last job has ended", () => charge.over()).catch((error) => found.push(error.message));
  return [...found, ...await aftermath(test, workers), ...await charge.verify()];
}

/** Enqueues until there is no room left for it, and returns what is not as it should be. */
async function refusals(test: TestStore, ballast: string): Promise<string[]> {
  const stdin = Array.from({ length: LARGE_JOBS }, () => `: ${"x".repeat(1000)}`).join("\n");
  const enqueue = () =>
    queuectl(["enqueue", "--file", "-", "--queue", "large", "--hold"], { home: test.home, stdin });
  for (let stored = 0; stored < TRIES_AT_MOST * LARGE_JOBS; stored += LARGE_JOBS) {
    const { code, stdout, stderr } = await enqueue();
    const queue = (await test.store.queues()).find(({ name }) => name === "large");
    const there = queue?.counts.pending ?? 0;
    if (code === 0) {
      if (there !== stored + LARGE_JOBS) {
        return [`${LARGE_JOBS} jobs were acknowledged, ${there - stored} stored.`];
      }
      fill(ballast);
      continue;
    }
    await clear(test.store, "large").catch(() => {});
    const found: string[] = [];
    if (code !== 3) found.push(`On a full disk, enqueue ends with exit code ${code}: ${stderr}`);
    if (!/full/.test(stderr)) found.push(`On a full disk, enqueue says: ${stderr}`);
    if (stdout !== "") found.push("A job was acknowledged that could not be stored.");
    if (there !== stored) found.push(`An enqueue that was refused has stored ${there - stored} jobs.`);
    return found;
  }
  return ["The disk never became full."];
}

function endsOf(id: string, { dir }: TestStore): number {
  return new Ledger(dir.path, "ends").count(id, 1);
}

/** Makes a file of all the room there is. */
function fill(path: string): void {
  using file = Deno.openSync(path, { append: true, create: true });
  const block = new Uint8Array(64 * 1024);
  for (let size = block.length; size > 0; size = Math.floor(size / 2)) {
    try {
      while (true) file.writeSync(block.subarray(0, size));
    } catch (error) {
      if (!(error instanceof Error) || !/space/i.test(error.message)) throw error;
    }
  }
}

/** A temporary directory whose home is a small disk of its own. */
function smallDisk(): TempDir {
  const dir = tempDir();
  Deno.mkdirSync(dir.home.dir, { mode: 0o700 });
  run("mount", "-t", "tmpfs", "-o", `size=${DISK},mode=700`, "tmpfs", dir.home.dir);
  return {
    ...dir,
    [Symbol.dispose]() {
      run("umount", dir.home.dir);
      dir[Symbol.dispose]();
    },
  };
}

function whyNotMount(): string | undefined {
  try {
    using _disk = smallDisk();
    return undefined;
  } catch {
    return "no file system can be mounted here";
  }
}

function run(program: string, ...args: string[]): void {
  const { success, stderr } = new Deno.Command(program, { args, stdin: "null" }).outputSync();
  if (!success) throw new Error(`${program}: ${new TextDecoder().decode(stderr).trim()}`);
}
