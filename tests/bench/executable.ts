/**
 * @module
 * What the executable costs beyond the runtime in it: commands as whole processes, and its size, against an
 * executable compiled from an empty program with the same flags.
 */
import { compile } from "../../tools/build/compile.ts";
import { builtExecutable } from "../helpers/executable.ts";
import type { Fixtures } from "./fixtures.ts";
import { inTurns, showMs } from "./measure.ts";
import { processMs } from "./program.ts";
import type { Result, Row } from "./row.ts";

const JOBS = 1000;
/** One run of each at a time: the machine may be twice as fast a second later. */
const PAIRS = 60;
const MB = 1e6;

/** The executable. There are no results where it cannot be built, which is said. */
export const EXECUTABLE: Row = {
  name: "executable",
  async run(fixtures) {
    const executable = await builtExecutable();
    if (executable === undefined) return [];
    const empty = await emptyExecutable(fixtures);
    const [fresh, filled] = [fixtures.fresh(), await fixtures.filled(JOBS)];
    return [
      await line({ executable, empty, args: ["enqueue", "true"], home: fresh.home.dir, atMost: 1.25 }),
      await line({ executable, empty, args: ["status"], home: filled.home.dir, atMost: 1.3 }),
      size(executable, empty),
    ];
  },
};

/** An executable of nothing. */
async function emptyExecutable(fixtures: Fixtures): Promise<string> {
  const dir = fixtures.fresh();
  const chunks = dir.file("chunks");
  await Deno.mkdir(chunks);
  await Deno.copyFile(new URL("empty.ts", import.meta.url), `${chunks}/main.js`);
  const output = dir.file("empty");
  await compile({ target: null, chunks, output, signal: new AbortController().signal });
  return output;
}

/** A command to measure. */
interface Measured {
  executable: string;
  empty: string;
  args: readonly string[];
  home: string;
  atMost: number;
}

async function line({ executable, empty, args, home, atMost }: Measured): Promise<Result> {
  const command = () => processMs(executable, args, { QUEUECTL_HOME: home });
  const nothing = () => processMs(empty, []);
  await command(), await nothing(); // into the file system's cache
  const { first, second, ratio } = await inTurns(command, nothing, PAIRS);
  return {
    what: `${args.join(" ")}, executable${args[0] === "status" ? `, ${JOBS} jobs` : ""}`,
    measured: showMs(first),
    against: `empty executable ${showMs(second)}`,
    figure: ratio,
    target: { atMost },
  };
}

function size(executable: string, empty: string): Result {
  const [whole, base] = [executable, empty].map((path) => Deno.statSync(path).size / MB) as [number, number];
  return {
    what: "size of the executable, MB beyond an empty one",
    measured: `${whole.toFixed(2)} MB`,
    against: `empty executable ${base.toFixed(2)} MB`,
    figure: whole - base,
    target: { atMost: 1.5 },
  };
}
