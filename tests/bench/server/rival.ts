/**
 * @module
 * What another queue does on the same server, in turns with ours: graphile-worker, which keeps nothing of a job that
 * was done, while ours keeps the job, its attempts and its figures.
 */
import { fileURLToPath } from "node:url";
import type { Server } from "../../helpers/postgres.ts";
import { type Comparison, inTurns } from "../measure.ts";
import type { Result } from "../row.ts";
import { type Shape, Supervised } from "./supervised.ts";

const PROGRAM = fileURLToPath(new URL("graphile_worker.ts", import.meta.url));
const ROUNDS = 3;

/** How many jobs a second it begins and settles. */
async function rivalPerSecond({ url }: Server, args: readonly number[]): Promise<number> {
  const { success, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-lock", "--no-check", "--quiet", "--allow-all", PROGRAM, url!, ...args.map(String)],
    stdin: "null",
    stderr: "inherit",
  }).output();
  if (!success) throw new Error("graphile-worker could not be run");
  return Number(new TextDecoder().decode(stdout));
}

/** Ours and its, with as many jobs on their way. */
async function compare(server: Server, shape: Shape, jobs: number): Promise<Comparison> {
  using ours = await Supervised.on(server, shape);
  const instances = shape.batch >= 500 ? shape.supervisors : 1;
  return await inTurns(
    () => ours.refill(jobs),
    () => rivalPerSecond(server, [jobs, shape.batch, instances]),
    ROUNDS,
  );
}

/** Ten supervisors, a hundred jobs at a time. */
export async function byHundreds(server: Server): Promise<Result[]> {
  const comparison = await compare(server, { supervisors: 10, batch: 100 }, 20_000);
  return [{
    what: "claim + settle on a server, 10 supervisors, 100 at a time",
    measured: perSecond(comparison.first),
    against: "",
    figure: comparison.first,
    target: { atLeast: 10_000 },
  }, line("the same", comparison, 1.3)];
}

/** Two supervisors, five hundred at a time. */
export async function byFiveHundreds(server: Server): Promise<Result[]> {
  const comparison = await compare(server, { supervisors: 2, batch: 500 }, 20_000);
  return [line("2 supervisors, 500 at a time", comparison, 1.1)];
}

/** Ten supervisors, one at a time. */
export async function oneByOne(server: Server): Promise<Result[]> {
  return [
    line("10 supervisors, one at a time", await compare(server, { supervisors: 10, batch: 1 }, 3000), 0.75),
  ];
}

function line(what: string, { first, second, ratio }: Comparison, atLeast: number): Result {
  return {
    what,
    measured: perSecond(first),
    against: `graphile-worker ${perSecond(second)}`,
    figure: ratio,
    target: { atLeast },
  };
}

/** As the table shows it. */
export function perSecond(n: number): string {
  return `${Math.round(n)}/s`;
}
