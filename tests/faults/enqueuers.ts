/**
 * @module
 * Commands that enqueue, killed at any moment: every id that was printed exists, and a file of jobs is there as a
 * whole or not at all.
 */
import type { Store } from "../../src/store/contract.ts";
import { openStore } from "../../src/store/open.ts";
import { systemClock } from "../../src/system/clock.ts";
import { bundledMain } from "../helpers/bundled.ts";
import { queuectl, RUN_FLAGS, spawnQueuectl } from "../helpers/cli.ts";
import { tempDir } from "../helpers/temp.ts";
import type { Fault, Report, Scale } from "./fault.ts";
import { kill } from "./kill.ts";
import { randomFrom } from "./random.ts";

/** How many enqueuers are killed. */
const VICTIMS: Record<Scale, number> = { short: 12, full: 200 };
/** So many at a time, so that they also wait for each other. */
const AT_ONCE = 4;
/** Some have ended when the kill comes; others are tried in their place, up to so many for each. */
const MOST_TRIES = 10;
/** Jobs in a file: large enough that storing them takes a good part of the command's time. */
const LINES = 1500;
const FILE = "true\n".repeat(LINES);

/** What an enqueuer does; all its jobs have its label. */
const KINDS = {
  single: { runs: 1, jobs: 1, args: ["true"], stdin: undefined },
  file: { runs: 1, jobs: LINES, args: ["--file", "-"], stdin: FILE },
  loop: { runs: 5, jobs: 1, args: ["true"], stdin: undefined },
} as const;

/** What an enqueuer does. */
type Kind = keyof typeof KINDS;

const program = [...RUN_FLAGS, await bundledMain()];

/** What became of an enqueuer. */
interface Victim {
  kind: Kind;
  label: string;
  /** Whether the kill came before it had ended. */
  killed: boolean;
  /** The ids it printed. */
  printed: string[];
  /** What it said when it failed, other than by being killed. */
  failures: string[];
}

/** Killed enqueuers. */
export const ENQUEUERS: Fault = {
  name: "enqueuers",
  async run(scale: Scale): Promise<Report> {
    using dir = tempDir();
    const home = dir.home.dir;
    const random = randomFrom(1);
    const kinds = Object.keys(KINDS) as Kind[];
    const usualMs: Record<Kind, number> = { single: 0, file: 0, loop: 0 };
    for (const kind of kinds) usualMs[kind] = await usual(kind, home);

    using writes = new Writes(home);
    const victims: Victim[] = [];
    const killed = () => victims.filter(({ killed }) => killed).length;
    while (killed() < VICTIMS[scale] && victims.length < VICTIMS[scale] * MOST_TRIES) {
      const together = Array.from({ length: AT_ONCE }, (_, i) => {
        const number = victims.length + i;
        const kind = kinds[number % kinds.length]!;
        const afterMs = usualMs[kind] * random();
        // half of them at any moment, half when anybody writes: the time in between passes quickly
        const atAnyMoment = (over: AbortSignal) => systemClock.sleep(afterMs, over);
        const atNextWrite = (over: AbortSignal) => atAnyMoment(over).then(() => writes.next());
        const doom = random() < 0.5 ? atAnyMoment : atNextWrite;
        return enqueueAndDie(kind, { home, label: `v${number}`, doom });
      });
      victims.push(...await Promise.all(together));
    }

    const next = await queuectl(["enqueue", "true"], { home });
    const store = await openStore(dir.home);
    while (await store.recover()); // what others would do sooner or later
    try {
      const counts = await Promise.all(victims.map(({ label }) => countOf(store, label)));
      const found = [
        ...(await store.care.check!())!,
        ...await store.recount(),
        ...await unfulfilled(store, victims),
        ...victims.flatMap(({ label, failures }) =>
          failures.map((why) => `Enqueuer ${label} failed: ${why}`)
        ),
        ...victims.flatMap((victim, i) => misfit(victim, counts[i]!)),
      ];
      if (killed() < VICTIMS[scale]) found.push("Most enqueuers ended before they could be killed");
      if (next.code !== 0) found.push(`Enqueueing afterwards failed: ${next.stderr}`);
      const silent = victims.filter(({ printed, killed }, i) => killed && counts[i]! > printed.length);
      return {
        injected: `${killed()} of ${victims.length} enqueuers killed, ` +
          `${silent.length} of them between storing and printing`,
        checked: [
          "every printed id exists",
          `each file of ${LINES} jobs is stored as a whole or not at all`,
          "nothing is stored twice, and at most what was under way without being printed",
          "the database is sound and its counts equal a recount",
          "those that were not killed have done all of it",
          "the next command enqueues as if nothing had happened",
        ],
        found,
      };
    } finally {
      store.close();
    }
  },
};

/** How long it takes in ms among others when nobody kills it. */
async function usual(kind: Kind, home: string): Promise<number> {
  const begin = performance.now();
  const { runs, jobs } = KINDS[kind];
  const unharmed = () => enqueueAndDie(kind, { home, label: "usual", doom: () => new Promise(() => {}) });
  for (const { printed } of await Promise.all(Array.from({ length: AT_ONCE }, unharmed))) {
    if (printed.length !== runs * jobs) throw new Error(`A ${kind} enqueuer printed ${printed.length} ids`);
  }
  return performance.now() - begin;
}

/** Enqueues until it is killed, when `doom` comes, or done. */
async function enqueueAndDie(
  kind: Kind,
  { home, label, doom }: { home: string; label: string; doom: (over: AbortSignal) => Promise<void> },
): Promise<Victim> {
  const { runs, args, stdin } = KINDS[kind];
  const victim: Victim = { kind, label, killed: false, printed: [], failures: [] };
  let child: Deno.ChildProcess | undefined;
  const over = new AbortController();
  doom(over.signal).then(() => {
    if (over.signal.aborted) return;
    victim.killed = true;
    if (child) kill(child);
  });
  for (let run = 0; run < runs && !victim.killed; run++) {
    const words = ["enqueue", "--label", label, ...args];
    child = spawnQueuectl(words, { home, program, stdinPiped: stdin !== undefined });
    if (stdin !== undefined) await feed(child, stdin);
    const output = await child.output();
    const lines = new TextDecoder().decode(output.stdout).split("\n");
    victim.printed.push(...lines.slice(0, -1)); // what comes after the last line break is not an id yet
    if (output.code !== 0 && output.signal === null) {
      victim.failures.push(new TextDecoder().decode(output.stderr));
    }
  }
  over.abort();
  return victim;
}

/** Gives a process its standard input, unless it dies before it has read it. */
async function feed(child: Deno.ChildProcess, text: string): Promise<void> {
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(text)).catch(() => {});
  await writer.close().catch(() => {});
}

/** Says when anybody writes to a home. */
class Writes implements Disposable {
  readonly #watcher: Deno.FsWatcher;
  #waiting: (() => void)[] = [];

  constructor(home: string) {
    this.#watcher = Deno.watchFs(home);
    this.#tell();
  }

  next(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  [Symbol.dispose](): void {
    this.#watcher.close();
  }

  async #tell(): Promise<void> {
    for await (const { kind } of this.#watcher) {
      if (kind !== "modify") continue;
      for (const resolve of this.#waiting.splice(0)) resolve();
    }
  }
}

async function countOf(store: Store, label: string): Promise<number> {
  return (await store.list({ label, limit: 2 * LINES })).jobs.length;
}

async function unfulfilled(store: Store, victims: readonly Victim[]): Promise<string[]> {
  const printed = victims.flatMap(({ printed }) => printed);
  const states = await store.states(printed);
  return printed.filter((_, i) => states[i] === undefined).map((id) =>
    `"${id}" was printed, but there is no such job`
  );
}

/** What is wrong with how many jobs of an enqueuer are stored. */
function misfit({ kind, label, printed, killed }: Victim, stored: number): string[] {
  const { runs, jobs } = KINDS[kind];
  const silent = stored - printed.length;
  const fits = killed
    ? silent >= 0 && silent <= jobs && stored % jobs === 0
    : silent === 0 && stored === runs * jobs;
  if (fits) return [];
  return [`The ${kind} enqueuer ${label} printed ${printed.length} ids and stored ${stored} jobs`];
}
