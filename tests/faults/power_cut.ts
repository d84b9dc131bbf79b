/**
 * @module
 * Power cuts: all that a process does to the files of a store is recorded, and then played up to any moment, with
 * what was not flushed by then lost, torn or shuffled. At each the store is as the model says after what was
 * acknowledged, or after one call more. Played with flushes forgotten it must not be, or else this proves nothing.
 */
import { homeAt } from "../../src/system/home.ts";
import { type Step, stepsFrom } from "../helpers/store_steps.ts";
import { tempDir } from "../helpers/temp.ts";
import type { Orders } from "./caller.ts";
import { Disk, type Fate, FATES } from "./disk.ts";
import type { Fault, Report, Scale } from "./fault.ts";
import { judge } from "./judge.ts";
import { whyNoPreload } from "./preload.ts";
import { below, type Random, randomFrom } from "./random.ts";
import { type Act, record } from "./recording.ts";
import { type Story, storyOf } from "./story.ts";

/** How much is recorded, and at how many moments the power is cut. */
const EXTENT: Record<Scale, { steps: number; cuts: number }> = {
  short: { steps: 300, cuts: 200 },
  full: { steps: 1500, cuts: 12_000 },
};
/** Acts at the beginning, when the home is made, after which the power is cut ten times as often as later. */
const BEGINNING = 80;
/** Cuts for each kind of flush that is forgotten, at most: one that does harm is enough. */
const FORGETFUL_CUTS = 60;
/** Findings that are told. */
const MOST_FOUND = 10;

/** Flushes that a disk may not forget without harm, by the name of what is flushed. */
const NEEDED: Record<string, (path: string) => boolean> = {
  "the log": (path) => path.endsWith("-wal"),
  "the database": (path) => path.endsWith(".db"),
  "the home": (path) => path === "home",
};

/** Power cuts at any moment. */
export const POWER_CUT: Fault = {
  name: "power-cut",
  impossible: whyNoPreload(),
  async run(scale: Scale): Promise<Report> {
    using dir = tempDir();
    const { steps, cuts } = EXTENT[scale];
    const story = storyOf(eventful(steps));
    const directory = dir.file("disk");
    for (const name of ["disk", "scratch", "after"]) Deno.mkdirSync(dir.file(name));
    const orders: Orders = { home: `${directory}/home`, parts: story.parts };
    const acts = await record("caller.ts", {
      directory,
      scratch: dir.file("scratch"),
      stdin: JSON.stringify(orders),
    });
    const cutter = { story, acts, place: dir.file("after") };
    const random = randomFrom(1);
    const { done, found } = await cut(cutter, { disk: new Disk(), cuts, random });
    const harms: string[] = [];
    for (const [what, forgets] of Object.entries(NEEDED)) {
      const broken = { disk: new Disk(forgets), cuts: FORGETFUL_CUTS, random, untilFound: true };
      const { done, found: harm } = await cut(cutter, broken);
      harms.push(`with flushes of ${what} forgotten, cut ${done}`);
      if (harm.length === 0) {
        found.push(`Flushes of ${what} can be forgotten without harm: the cuts prove nothing`);
      }
    }
    return {
      injected: `${done} power cuts at moments of ${acts.length} acts of a process that made ` +
        `${story.parts.length} calls; cuts do harm ${harms.join("; ")}`,
      checked: [
        "every acknowledged call has its effect, and the one under way has all of it or none, or some turns of it",
        "the database opens and is sound, and its counts equal a recount",
        "where flushes of the log, of the database or of the home are forgotten, that is noticed",
        "what was recorded leads to the files as they are",
      ],
      found: [...faultsOfRecording({ acts, story, directory }), ...few(found)],
    };
  },
};

/** Steps that let the log be written back and begun anew several times, and the store be opened again. */
function eventful(count: number): (Step | { do: "reopen" })[] {
  return stepsFrom(count, count).flatMap((step, i) => {
    if (i % 97 === 50) return [step, { do: "reopen" }];
    if (i % 60 === 30) return [step, { ...MANY, delay: i % 40 }];
    return [step];
  });
}

const MANY = {
  do: "enqueue" as const,
  count: 300,
  queue: "b" as const,
  priority: 1,
  held: false,
  named: false,
  size: 2000,
};

/** A recorded story, and where the files after a cut are put. */
interface Cutter {
  story: Story;
  acts: readonly Act[];
  place: string;
}

/** Plays what was recorded on a disk, and cuts its power at about `cuts` moments; with `untilFound`, no more after a finding. */
async function cut(
  { story, acts, place }: Cutter,
  { disk, cuts, random, untilFound = false }: {
    disk: Disk;
    cuts: number;
    random: Random;
    untilFound?: boolean;
  },
): Promise<{ done: number; found: string[] }> {
  const found: string[] = [];
  const weights = weigh(acts);
  const perWeight = cuts / weights.reduce((sum, weight) => sum + weight, 0);
  let done = 0;
  let acknowledged = 0;
  for (const [i, act] of acts.entries()) {
    const moments = Math.floor(weights[i]! * perWeight + random());
    for (let moment = 0; moment < moments; moment++) {
      const fate: Fate = FATES[below(random, FATES.length)]!;
      write(place, disk.cut(fate, random));
      done += 1;
      const next = {
        part: story.parts[acknowledged],
        view: story.views[acknowledged + 1] ?? story.views[acknowledged]!,
      };
      const verdict = await judge(homeAt(`${place}/home`), story.views[acknowledged]!, next);
      for (const wrong of verdict.found) {
        found.push(`Before act ${i}, ${describe(act)}, of what was not flushed ${fate}: ${wrong}`);
      }
      if (untilFound && found.length > 0) return { done, found };
    }
    disk.take(act);
    if (act.act === "print") acknowledged += act.length;
  }
  return { done, found };
}

/** How much more often than elsewhere the power is cut before each act: around flushes and acknowledgements it matters. */
function weigh(acts: readonly Act[]): number[] {
  const delicate = (act: Act | undefined) => act?.act === "flush" || act?.act === "print";
  return acts.map((act, i) => (delicate(act) || delicate(acts[i - 1]) ? 20 : 1) * (i < BEGINNING ? 10 : 1));
}

function describe(act: Act): string {
  if (act.act === "print") return "an acknowledgement";
  return `${act.act} ${act.path}${act.act === "write" ? ` at ${act.offset}` : ""}`;
}

/** Puts files where a store will be opened. The shared memory beside a database does not survive. */
function write(place: string, files: ReturnType<Disk["cut"]>): void {
  Deno.removeSync(place, { recursive: true });
  Deno.mkdirSync(place);
  for (const [path, bytes] of files) {
    if (bytes === undefined) Deno.mkdirSync(`${place}/${path}`);
    else if (!path.endsWith("-shm")) Deno.writeFileSync(`${place}/${path}`, bytes);
  }
}

/** What makes the recording itself worthless. */
function faultsOfRecording(
  { acts, story, directory }: { acts: readonly Act[]; story: Story; directory: string },
): string[] {
  const found: string[] = [];
  const acknowledged = acts.reduce((sum, act) => sum + (act.act === "print" ? act.length : 0), 0);
  if (acknowledged !== story.parts.length) {
    found.push(`Of ${story.parts.length} acknowledgements, ${acknowledged} were recorded`);
  }
  const begun = acts.filter((act) => act.act === "write" && act.path.endsWith("-wal") && act.offset === 0);
  const again = acts.filter((act) => act.act === "make" && act.path.endsWith("-wal"));
  if (begun.length <= again.length) {
    found.push("The log was never begun anew within one opening of the store");
  }

  const disk = new Disk();
  for (const act of acts) disk.take(act);
  const played = disk.cut("all", randomFrom(0));
  for (const { name } of Deno.readDirSync(`${directory}/home`)) {
    const bytes = played.get(`home/${name}`);
    const real = Deno.readFileSync(`${directory}/home/${name}`);
    if (!bytes || bytes.length !== real.length || bytes.some((byte, i) => byte !== real[i])) {
      found.push(`What was recorded of ${name} does not lead to the file as it is`);
    }
  }
  return found;
}

function few(found: readonly string[]): string[] {
  const more = found.length - MOST_FOUND;
  return more > 0 ? [...found.slice(0, MOST_FOUND), `And ${more} findings like these`] : [...found];
}
