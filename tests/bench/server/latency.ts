/**
 * @module
 * What a single job waits for on a server of this machine: `enqueue` as a whole process against the same into a file, and
 * an idle worker picking it up.
 */
import { builtExecutable } from "../../helpers/executable.ts";
import { newAddress, type Server } from "../../helpers/postgres.ts";
import type { TempDir } from "../../helpers/temp.ts";
import type { Fixtures } from "../fixtures.ts";
import { inTurns, showMs } from "../measure.ts";
import { linesOf, pickUps } from "../pickup.ts";
import { processMs } from "../program.ts";
import type { Result } from "../row.ts";

const PAIRS = 40;

/** Enqueueing one job with the executable; no result where that cannot be built. */
export async function enqueueing(server: Server, fixtures: Fixtures): Promise<Result[]> {
  const executable = await builtExecutable();
  if (executable === undefined) return [];
  const [onServer, inFile] = [homeOn(server, fixtures), fixtures.fresh()];
  const enqueue = ({ home }: TempDir) =>
    processMs(executable, ["enqueue", "true"], { QUEUECTL_HOME: home.dir });
  await enqueue(onServer), await enqueue(inFile); // makes the stores
  const { first, second, ratio } = await inTurns(() => enqueue(onServer), () => enqueue(inFile), PAIRS);
  return [{
    what: "enqueue 'true', executable, on a server",
    measured: showMs(first),
    against: `in a file ${showMs(second)}`,
    figure: ratio,
    target: { atMost: 2 },
  }];
}

/** An idle worker that takes a job. */
export async function pickingUp(server: Server, fixtures: Fixtures): Promise<Result[]> {
  const samples = await pickUps(homeOn(server, fixtures), ["--allow-net", "--allow-env"]);
  return linesOf("pick-up on a server", samples, [{ atMost: 10 }, { atMost: 50 }]);
}

/** A home whose store is on the server. */
function homeOn(server: Server, fixtures: Fixtures): TempDir {
  const dir = fixtures.fresh();
  Deno.mkdirSync(dir.home.dir, { recursive: true, mode: 0o700 });
  Deno.writeTextFileSync(dir.home.store, `${newAddress(server)}\n`, { mode: 0o600 });
  return dir;
}
