/**
 * @module
 * Several hosts with one store on a server, while hosts lose their power or their network, backends are ended and the
 * server is killed: each job starts once where its host lived, and never twice at a time anywhere.
 */
import type { Attempt } from "../../src/domain/job.ts";
import { StoreUnusable } from "../../src/domain/errors.ts";
import type { Store } from "../../src/store/contract.ts";
import { openPostgresStore } from "../../src/store/postgres/open.ts";
import { readAddress } from "../../src/store/postgres/engine/address.ts";
import { Connection } from "../../src/store/postgres/engine/driver.ts";
import { newJob } from "../helpers/jobs.ts";
import { type Cut, type Host, network, NO_NETWORK } from "../helpers/network.ts";
import { newAddress, type OwnServer, ownServer } from "../helpers/postgres.ts";
import { until } from "../helpers/until.ts";
import type { Fault } from "./fault.ts";
import { below, randomFrom, shuffled } from "./random.ts";

const SCALES = {
  short: { hosts: 3, jobs: 36, rounds: 1, leaseMs: 8000 },
  full: { hosts: 5, jobs: 2000, rounds: 10, leaseMs: 10_000 },
} as const;
const CUTS: readonly Cut[] = ["both", "sent", "received"];
/** What was done and what came of it are seen by clocks of several processes. */
const SLACK_MS = 3000;

/** Notes that it starts, and whether it runs already: its lock ends with its last process. */
const COMMAND = `
  exec 9>"lock.$QUEUECTL_JOB_ID"; flock -n 9 || echo "$QUEUECTL_JOB_ID" >>twice
  echo "$QUEUECTL_JOB_ID" >>starts; sleep 0.$(($$ % 7 + 1))`;

/** On a machine that does much else. */
const PATIENCE_MS = 600_000;

/** Something that ends what a host runs; of the server, what all of them run. */
interface Event {
  host: string | null;
  from: number;
  until: number;
}

/** Many hosts. */
export const HOSTS: Fault = {
  name: "hosts",
  ...NO_NETWORK !== undefined && { impossible: NO_NETWORK },
  async run(scale) {
    const { hosts: count, jobs, rounds, leaseMs } = SCALES[scale];
    let without = "";
    await using server = await ownServer().catch((error: Error) => {
      without = error.message.split("\n")[0]!;
      return undefined;
    });
    if (!server) return { injected: `nothing: no PostgreSQL: ${without}`, checked: [], found: [] };
    const address = newAddress(server);
    await using net = await network(server, { hosts: count, address });
    const store = await openPostgresStore(address, net.dir.home, {});
    const random = randomFrom(Date.now());
    const events: Event[] = [];
    using leases = new Leases(store, leaseMs);
    const done = { kills: 0, cuts: 0, servers: 0, backends: 0 };
    try {
      await store.changeSettings(
        new Map([
          ["lease", String(leaseMs / 1000)],
          ["kill_grace", "1"],
          ["backoff_base", "0"],
          ["poll_interval", "0.5"],
        ]),
      );
      const crew = new Crew(net.hosts);
      const ids: string[] = [];
      const completed = async () => (await patiently(() => store.summary(0))).counts.completed;
      const during = async (host: string | null, action: () => Promise<unknown>) => {
        const event: Event = { host, from: Date.now(), until: Infinity };
        events.push(event);
        await action();
        event.until = Date.now();
      };
      const breaksHost = async (host: Host) => {
        if (done.kills <= done.cuts) {
          done.kills += 1;
          await during(host.name, () => crew.kill(host));
          if (random() < 0.5) await sleep(leaseMs * random() * 1.5);
          crew.start(host);
        } else {
          done.cuts += 1;
          await during(host.name, async () => {
            await host.cut(CUTS[below(random, CUTS.length)]!);
            await sleep(leaseMs * (0.2 + random() * 1.5));
            await host.mend();
          });
        }
      };
      for (let round = 0; round < rounds; round++) {
        const wanted = Array.from({ length: jobs / rounds }, (_, n) => (
          newJob({
            ...{ command: COMMAND, cwd: net.dir.path, maxRetries: 1000 },
            after: n % 3 === 2 ? [n - 1, n - 2] : null,
          })
        ));
        const before = ids.length;
        ids.push(
          ...await patiently(() => store.enqueue(wanted, { now: Date.now(), idFormat: "short" })),
        );
        await until("some run", async () => await completed() > before, PATIENCE_MS);
        const breaking = Promise.all(
          shuffled(random, net.hosts).slice(0, Math.ceil(count / 2)).map(breaksHost),
        );
        await until("some are done", async () => await completed() > before + wanted.length / 4);
        await during(null, async () => {
          done.backends += await endBackends(server);
          await sleep(200 * random());
          await server.kill();
          await server.start();
        });
        done.servers += 1;
        await breaking;
        await until("all of this round are done", async () => await completed() === ids.length, PATIENCE_MS)
          .catch(async (error) => {
            throw new Error(`${error.message}: ${await howItStands(store)}\n${crew.lastWords()}`);
          });
      }
      for (const host of net.hosts) await host.mend();
      await crew.stop(store);
      await leases.stop();
      const found = [
        ...await verify(store, { ids, events: [...events, ...leases.late], dir: net.dir.path }),
        ...await storeIsRight(store, ids.length),
        ...crew.complaints(),
      ];
      const { kills, cuts, servers, backends } = done;
      return {
        injected: `${kills} hosts killed and ${cuts} cut off under ${ids.length} jobs on ${count} hosts, ` +
          `the server killed ${servers} times, ${backends} backends ended; leases were half over ` +
          `${leases.late.length} times`,
        checked: [
          "each job started once where its host lived and reached the server",
          "no job ran twice at a time anywhere, and none before what it needs had ended",
          "each was completed once, and no attempt was without an end",
          "none was put back by a host whose lease was less than half over",
          "counts and figures equal a recount",
        ],
        found,
      };
    } finally {
      store.close();
    }
  },
};

/**
 * Watches how long the leases of the hosts still last. A worker may put its jobs back once its lease is half over, and not
 * before, whatever kept it from renewing: on a machine that does much else that may be the machine.
 */
class Leases implements Disposable {
  /** When a host had no lease that was less than half over. */
  readonly late: Event[] = [];
  readonly #over = new AbortController();
  readonly #watching: Promise<void>;

  constructor(store: Store, leaseMs: number) {
    this.#watching = this.#watch(store, leaseMs);
  }

  async #watch(store: Store, leaseMs: number): Promise<void> {
    const until = new Map<string, number>();
    const current = new Map<string, Event>();
    while (!this.#over.signal.aborted) {
      // before it is renewed it was as it was seen last
      for (const [host, leaseUntil] of until) {
        const now = Date.now();
        const before = current.get(host);
        if (leaseUntil - now > leaseMs / 2) current.delete(host);
        else if (before) before.until = now;
        else {
          const event = { host, from: leaseUntil - leaseMs / 2, until: now };
          this.late.push(event);
          current.set(host, event);
        }
      }
      const all = await store.supervisors().catch(() => []); // the server is away
      for (const [host, its] of Map.groupBy(all, ({ host }) => host)) {
        until.set(host, Math.max(...its!.map(({ leaseUntil }) => leaseUntil)));
      }
      await sleep(100);
    }
  }

  stop(): Promise<void> {
    this.#over.abort();
    return this.#watching;
  }

  [Symbol.dispose](): void {
    this.#over.abort();
  }
}

/** The workers of all hosts: where one ends by itself, since there was no server when it began, it is started again. */
class Crew {
  readonly #running = new Map<string, { over: boolean; ended: Promise<void> }>();
  readonly #printed: string[] = [];

  constructor(hosts: readonly Host[]) {
    for (const host of hosts) this.start(host);
  }

  start(host: Host): void {
    const its = { over: false, ended: Promise.resolve() };
    const run = async () => {
      while (!its.over) {
        const { stdout, stderr } = await host.start(["worker", "start", "--slots", "3"]).output();
        for (const bytes of [stdout, stderr]) this.#printed.push(new TextDecoder().decode(bytes));
        await sleep(200);
      }
    };
    its.ended = run();
    this.#running.set(host.name, its);
  }

  async kill(host: Host): Promise<void> {
    const its = this.#running.get(host.name)!;
    its.over = true;
    let over = false;
    its.ended.then(() => over = true);
    while (!over) { // one may just have been about to start
      await host.kill();
      await sleep(20);
    }
  }

  async stop(store: Store): Promise<void> {
    const all = [...this.#running.values()];
    for (const its of all) its.over = true;
    const ended = Promise.all(all.map((its) => its.ended));
    let over = false;
    ended.then(() => over = true);
    await until("all have stopped", async () => { // one may just have been about to start
      await patiently(() => store.requestStop({ endAt: null, leave: false }));
      return over;
    });
  }

  /** What those printed last that have ended. */
  lastWords(): string {
    return this.#printed.slice(-10).map((text) => text.split("\n").slice(-5).join("\n")).join("\n--\n");
  }

  complaints(): string[] {
    const bad = this.#printed.flatMap((text) => text.split("\n"))
      .filter((line) => /uncaught|panicked|thread crashed/i.test(line));
    return bad.slice(0, 5).map((line) => `A worker said: ${line}`);
  }
}

async function verify(
  store: Store,
  { ids, events, dir }: { ids: readonly string[]; events: readonly Event[]; dir: string },
): Promise<string[]> {
  const found: string[] = [];
  const starts = Map.groupBy(linesOf(`${dir}/starts`), (id) => id);
  const twice = linesOf(`${dir}/twice`);
  if (twice.length > 0) found.push(`${twice.length} jobs ran twice at a time, such as ${twice[0]}.`);
  let again = 0;
  for (const id of ids) {
    const attempts = await store.attempts(id);
    const started = starts.get(id)?.length ?? 0;
    const completed = attempts.filter(({ outcome }) => outcome === "completed").length;
    if (completed !== 1) found.push(`${id} was completed ${completed} times.`);
    if (started === 0 || started > attempts.length) {
      found.push(`${id} started ${started} times in ${attempts.length} attempts.`);
    }
    if (started > 1) again += 1;
    const [needs] = await store.needs([id], 9);
    for (const { id: other } of needs?.needs ?? []) {
      const ended = (await store.get(other))!.finishedAt!;
      if (attempts[0]!.startedAt < ended) {
        found.push(`${id} started before ${other}, which it needs, had ended.`);
      }
    }
    for (const attempt of attempts) {
      if (attempt.outcome === "completed" || isExcused(attempt, events)) continue;
      const { host, startedAt, finishedAt, outcome, error } = attempt;
      const ranMs = finishedAt === null ? "" : ` after ${finishedAt - startedAt} ms`;
      found.push(
        `Attempt ${attempt.attempt} of ${id} on ${host} was ${outcome} (${error})${ranMs} for no reason.`,
      );
    }
  }
  if (again > ids.length / 2) found.push(`${again} of ${ids.length} jobs started more than once.`);
  console.error(`  ${again} of ${ids.length} jobs started again after their host was lost`);
  return found;
}

/** Something happened to its host while it ran. */
function isExcused({ host, startedAt, finishedAt, outcome }: Attempt, events: readonly Event[]): boolean {
  return (outcome === "lost" || outcome === "released") &&
    events.some((event) =>
      (event.host === null || event.host === host) && event.from - SLACK_MS <= (finishedAt ?? Infinity) &&
      startedAt <= event.until + SLACK_MS
    );
}

async function storeIsRight(store: Store, jobs: number): Promise<string[]> {
  const { counts } = await store.summary(0);
  const [total] = await store.figures({ span: "total", queue: null });
  const { enqueued, completed } = total!.figures;
  const found = await store.recount();
  if (counts.processing !== 0) found.push(`${counts.processing} jobs are still in processing.`);
  if (enqueued !== jobs || completed !== jobs) {
    found.push(`Counted were ${enqueued} enqueued and ${completed} completed of ${jobs}.`);
  }
  const supervisors = await store.supervisors();
  if (supervisors.length > 0) found.push(`${supervisors.length} supervisors are still in the store.`);
  return found;
}

const CLIENTS = `
  SELECT pg_terminate_backend(pid) FROM pg_stat_activity
  WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'`;

/** Ends all connections. Returns how many there were. */
async function endBackends(server: OwnServer): Promise<number> {
  const connection = await Connection.open(readAddress(server.url));
  try {
    return (await connection.query({ sql: CLIENTS }, 10_000)).count;
  } finally {
    connection.close();
  }
}

async function howItStands(store: Store): Promise<string> {
  const { counts } = await store.summary(0);
  const workers = (await store.workers()).map(({ host, leaseUntil, running }) =>
    `${host} ${leaseUntil - Date.now()} ms ${running.length}`
  );
  return `${JSON.stringify(counts)} ${workers.join(", ")}`;
}

async function patiently<T>(action: () => Promise<T>): Promise<T> {
  while (true) {
    try {
      return await action();
    } catch (error) {
      if (!(error instanceof StoreUnusable)) throw error;
    }
    await sleep(100);
  }
}

function linesOf(path: string): string[] {
  try {
    return Deno.readTextFileSync(path).split("\n").filter((line) => line !== "");
  } catch {
    return [];
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
