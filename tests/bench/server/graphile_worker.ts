/**
 * @module
 * Another queue on the same server, as a program of its own: `URL JOBS QUEUE INSTANCES` enqueues JOBS and does nothing for
 * each of them, with INSTANCES that take QUEUE at a time, 1 for one by one. Prints how many a second it began and
 * settled. It is fetched only when this runs.
 */
import process from "node:process";

const RIVAL = "npm:graphile-worker@0.18.0";
/** Of it, as much as is used. */
interface Rival {
  Logger: new (make: () => () => void) => unknown;
  makeWorkerUtils(options: { preset: unknown }): Promise<Utils>;
  run(options: { preset: unknown; taskList: Record<string, () => void> }): Promise<{ stop(): Promise<void> }>;
}
interface Utils {
  migrate(): Promise<void>;
  addJobs(jobs: { identifier: string; payload: unknown }[]): Promise<unknown>;
  release(): Promise<void>;
  withPgClient<T>(
    work: (client: { query(sql: string): Promise<{ rows: { n: string }[] }> }) => Promise<T>,
  ): Promise<T>;
}

const { Logger, makeWorkerUtils, run } = await import(RIVAL) as Rival;
const [url, ...numbers] = Deno.args;
const [jobs, queue, instances] = numbers.map(Number) as [number, number, number];
const schema = `rival_${Deno.pid}`;
const CONCURRENCY = 10;
const delay = queue > 1 ? 0 : -1; // 0 settles together what ends together
const preset = {
  worker: {
    connectionString: url,
    schema,
    concurrentJobs: CONCURRENCY,
    maxPoolSize: CONCURRENCY + 2,
    pollInterval: 500,
    logger: new Logger(() => () => {}),
    completeJobBatchDelay: delay,
    failJobBatchDelay: delay,
    ...queue > 1 && { localQueue: { size: queue } },
  },
};
const utils = await makeWorkerUtils({ preset });
await utils.migrate();
let hit: () => void;
const taskList = { nothing: () => hit() };

async function drain(count: number): Promise<number> {
  for (let at = 0; at < count; at += 1000) {
    const some = Array.from({ length: Math.min(1000, count - at) }, (_, n) => ({
      identifier: "nothing",
      payload: { number: at + n, to: `user${at + n}@example.com` },
    }));
    await utils.addJobs(some);
  }
  let left = count;
  const all = new Promise<void>((resolve) => hit = () => --left === 0 && resolve());
  const start = performance.now();
  const workers = await Promise.all(Array.from({ length: instances }, () => run({ preset, taskList })));
  await all;
  const remaining = () =>
    utils.withPgClient(async (client) =>
      Number((await client.query(`SELECT count(*) AS n FROM ${schema}._private_jobs`)).rows[0]!.n)
    );
  while (await remaining() > 0) await new Promise((resolve) => setTimeout(resolve, 5));
  const perSecond = count / (performance.now() - start) * 1000;
  await Promise.all(workers.map((one) => one.stop()));
  return perSecond;
}

await drain(instances * queue * CONCURRENCY); // what runs for the first time is slow
console.log(await drain(jobs));
await utils.withPgClient((client) => client.query(`DROP SCHEMA ${schema} CASCADE`));
process.exit(0);
