/**
 * @module
 * What must hold whatever was broken, once all is over.
 */
import { until } from "../helpers/until.ts";
import type { TestStore } from "../helpers/worker.ts";
import { homeProcesses } from "./processes.ts";
import type { Workers } from "./workers.ts";

/** What `aftermath` looks at. */
export const AFTERMATH: readonly string[] = [
  "no job left in processing",
  "no worker or supervisor left in the store",
  "counts equal a recount, and the store is sound",
  "no process left",
  "nothing left in the spool",
];

/**
 * Lets the workers clean up after those that were killed, stops them, and returns what is left or wrong, a sentence
 * each. To be called when all jobs have ended.
 */
export async function aftermath(test: TestStore, workers: Workers): Promise<string[]> {
  const found: string[] = [];
  await until("the store knows only workers that are there", async () => {
    const there = new Set(workers.alive.map(({ pid }) => pid));
    return (await test.store.workers()).every(({ pid }) => there.has(pid));
  }).catch((error) => found.push(error.message));
  return [...found, ...await workers.stop(), ...await leftovers(test)];
}

async function leftovers({ store, home, dir }: TestStore): Promise<string[]> {
  const found = [...await store.recount(), ...(await store.care.check!())!];
  const processing = (await store.queues()).reduce((sum, { counts }) => sum + counts.processing, 0);
  if (processing > 0) found.push(`${processing} jobs are still in processing.`);
  const workers = await store.workers();
  if (workers.length > 0) found.push(`${workers.length} workers are still in the store.`);
  const supervisors = await store.supervisors();
  if (supervisors.length > 0) found.push(`${supervisors.length} supervisors are still in the store.`);
  const spooled = filesIn(dir.home.spool);
  if (spooled.length > 0) found.push(`The spool holds ${spooled.length} entries, such as ${spooled[0]}.`);
  // What a killed job leaves in the background ends by itself, soon.
  await until("no process is left", () => homeProcesses(home).length === 0).catch(() => {
    found.push(`${homeProcesses(home).length} processes are left.`);
  });
  return found;
}

/** Everything under a directory; empty when it is not there. */
export function filesIn(path: string): string[] {
  try {
    return [...Deno.readDirSync(path)].flatMap(({ name, isDirectory }) =>
      isDirectory ? [name, ...filesIn(`${path}/${name}`)] : [name]
    );
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

/** What went wrong inside of the workers, according to what they printed. */
export function complaints(log: string): string[] {
  const bad = log.split("\n").filter((line) =>
    /uncaught|panicked|refused|is busy|thread crashed/i.test(line)
  );
  return bad.slice(0, 5).map((line) => `A worker said: ${line}`);
}
