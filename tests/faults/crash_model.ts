/**
 * @module
 * Random sequences of calls, made by processes that are killed in the midst, again and again: each time the store
 * is as the model says after what was acknowledged, or after one call more, and the next process goes on from there.
 */
import { fileURLToPath } from "node:url";
import type { Home } from "../../src/system/home.ts";
import { stepsFrom } from "../helpers/store_steps.ts";
import { tempDir } from "../helpers/temp.ts";
import type { Orders } from "./caller.ts";
import type { Fault, Report, Scale } from "./fault.ts";
import { judge } from "./judge.ts";
import { kill } from "./kill.ts";
import { below, type Random, randomFrom } from "./random.ts";
import { type Part, storyOf } from "./story.ts";

const SEQUENCES: Record<Scale, number> = { short: 6, full: 1000 };
/** Steps of a sequence. */
const STEPS = 80;
/** How often the processes of one sequence are killed; the last one may end. */
const KILLS = 4;
/** A kill comes up to this long after the acknowledgement it waits for: more than one call takes. */
const LATER_MS = 3;
/** About as long as it takes until a process has opened its store. */
const START_MS = 120;

/** Killed processes against the model. */
export const CRASH_MODEL: Fault = {
  name: "crash-model",
  async run(scale: Scale): Promise<Report> {
    const found: string[] = [];
    const kills = { all: 0, underWay: 0 };
    for (let seed = 1; seed <= SEQUENCES[scale]; seed++) {
      const wrong = await tellStory(seed, kills);
      if (wrong !== undefined) found.push(`Sequence ${seed}: ${wrong}`);
    }
    if (kills.underWay === 0) found.push("No kill came while a call was being made: the kills prove nothing");
    return {
      injected: `${kills.all} kills in ${SEQUENCES[scale]} sequences of calls; after ${kills.underWay} of ` +
        "them, the call under way was in the store",
      checked: [
        "every acknowledged call has its effect, and the one under way has all of it or none",
        "the database is sound and its counts equal a recount",
        "the next process goes on as if nothing had happened",
      ],
      found,
    };
  },
};

/** Lives through one sequence. Returns what went wrong, or undefined. */
async function tellStory(
  seed: number,
  kills: { all: number; underWay: number },
): Promise<string | undefined> {
  using dir = tempDir();
  const random = randomFrom(seed);
  const { parts, views } = storyOf(stepsFrom(seed, STEPS));
  let done = 0;
  for (let killed = 0; done < parts.length; killed++) {
    const left = parts.slice(done);
    const killAfter = killed < KILLS ? below(random, left.length) : undefined;
    const run = await carryOut({ home: dir.home, parts: left, killAfter, random });
    if (run.killed) kills.all += 1;
    done += run.acknowledged;
    if (run.stderr !== "") return `call ${done}: ${run.stderr}`;
    if (!run.killed && done < parts.length) return `call ${done}: the process ended by itself`;
    const next = { part: parts[done], view: views[done + 1] ?? views[done]! };
    const { oneMore, found } = await judge(dir.home, views[done]!, next);
    if (found.length > 0) return `after ${done} calls, the next a ${parts[done]?.call}: ${found.join("; ")}`;
    if (oneMore && done < parts.length) {
      if (views[done] !== views[done + 1]) kills.underWay += 1;
      done += 1;
    }
  }
  return undefined;
}

interface Run {
  acknowledged: number;
  killed: boolean;
  stderr: string;
}

/** Has a process make calls, and kills it some moments after it has acknowledged `killAfter` of them. */
async function carryOut(
  { home, parts, killAfter, random }: {
    home: Home;
    parts: Part[];
    killAfter: number | undefined;
    random: Random;
  },
): Promise<Run> {
  const caller = fileURLToPath(new URL("caller.ts", import.meta.url));
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", "--quiet", "--no-check", "--allow-all", caller],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const stderr = new Response(child.stderr).text();
  const orders: Orders = { home: home.dir, parts };
  const order = child.stdin.getWriter();
  await order.write(new TextEncoder().encode(JSON.stringify(orders)));
  await order.close();

  let acknowledged = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const killLater = (ms: number) => timer ??= setTimeout(() => kill(child), random() * ms);
  if (killAfter === 0) killLater(START_MS);
  for await (const lines of child.stdout) {
    acknowledged += lines.length;
    if (killAfter !== undefined && acknowledged >= killAfter) killLater(LATER_MS);
  }
  const { signal } = await child.status;
  clearTimeout(timer);
  return { acknowledged, killed: signal === "SIGKILL", stderr: await stderr };
}
