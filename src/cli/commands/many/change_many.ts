/**
 * @module
 * Doing something to many jobs by what they have in common: they are counted, whoever sits at the terminal is asked,
 * and then it is done to those that were counted. Without a terminal only `--yes` is a yes.
 */
import { BadInput, Refused } from "../../../domain/errors.ts";
import type { Changed, JobChanges, Selection, Store, Verb, Wish } from "../../../store/contract.ts";
import type { Context } from "../../line/context.ts";
import { type Flags, type FlagValues, toggle } from "../../line/flags.ts";
import { ask, canAsk } from "../../show/ask.ts";
import { hintAtUnknownNames } from "../unknown_names.ts";
import { describeJobs, FILTERS, type FilterValues, grouped, selectorOf } from "./filter_flags.ts";

/** What goes with filters. */
export const SURENESS = {
  yes: toggle("do not ask"),
  dryRun: toggle("print the ids of the jobs that are meant, and do nothing"),
} satisfies Flags;

/** The flags of commands that take ids, or filters. */
export const MANY_FLAGS = { ...FILTERS, all: toggle("all jobs"), ...SURENESS } satisfies Flags;

/** What those give; a command may have fewer of them. */
export type ManyValues = Partial<FlagValues<typeof MANY_FLAGS>>;

/** What is asked for, and what is added to it. */
export interface Doing extends Wish {
  /** The jobs that are meant. */
  filters: FilterValues;
  yes: boolean;
  dryRun: boolean;
  /** What `edit` sets. */
  changes?: JobChanges;
}

/** What came of it. */
export type ChangedMany = Changed & Pick<Selection, "passedOver">;

/** In words: `This deletes …`, `Deleted …`. */
const WORDS: Readonly<Record<Verb, { does: string; after?: string; past: string; key: string }>> = {
  cancel: { does: "cancel", past: "Cancelled", key: "cancelled" },
  retry: { does: "run", after: " again", past: "Queued", key: "retried" },
  delete: { does: "delete", past: "Deleted", key: "deleted" },
  edit: { does: "change", past: "Changed", key: "changed" },
  hold: { does: "hold", past: "Held", key: "held" },
  release: { does: "release", past: "Released", key: "released" },
  pause: { does: "pause", past: "Paused", key: "paused" },
  resume: { does: "resume", past: "Resumed", key: "resumed" },
};

/**
 * Does it, or only shows what would be done: then undefined.
 * @throws {Refused} when whoever was asked does not want it
 */
export async function changeMany(context: Context, doing: Doing): Promise<ChangedMany | undefined> {
  const { verb, only, filters } = doing;
  const store = await context.store();
  const selection = await store.select(selectorOf(filters, context.clock.now()), {
    verb,
    ...only && { only },
  });
  if (selection.seqs.length + selection.passedOver === 0) {
    await hintAtUnknownNames(context, filters);
  }
  if (doing.dryRun) return void await showOnly(context, store, { doing, selection });
  if (selection.seqs.length > 0 && !doing.yes && !await isWanted(doing, selection)) {
    throw new Refused("Nothing was changed");
  }
  const { passedOver } = selection;
  const now = context.clock.now();
  return {
    passedOver,
    ...await store.change(selection, { now, ...doing.changes && { changes: doing.changes } }),
  };
}

async function isWanted({ verb, filters }: Doing, { seqs, passedOver }: Selection): Promise<boolean> {
  const { does, after = "" } = WORDS[verb];
  const jobs = describeJobs(seqs.length, filters);
  if (canAsk()) {
    return await ask(`This ${does}s ${jobs}${after}${sayPassedOver(passedOver)}. Go on?`);
  }
  throw new BadInput(
    `Cannot ask whether to ${does} ${jobs}${after}: add --yes to do it, or --dry-run to see which they are`,
  );
}

/** Ids that are looked up and printed at a time. */
const PAGE = 1000;

async function showOnly(
  { print, json }: Context,
  store: Store,
  { doing: { verb, filters }, selection: { seqs, passedOver } }: { doing: Doing; selection: Selection },
): Promise<void> {
  const { does, after = "" } = WORDS[verb];
  const ids: string[] = [];
  for (let at = 0; at < seqs.length; at += PAGE) {
    const page = await store.idsOf(seqs.slice(at, at + PAGE));
    if (json) ids.push(...page);
    else if (page.length > 0) print.line(page.join("\n"));
  }
  if (json) {
    return print.result({ dry_run: true, count: seqs.length, passed_over: passedOver, ids }, () => "");
  }
  print.note(`This would ${does} ${describeJobs(seqs.length, filters)}${after}${sayPassedOver(passedOver)}`);
}

/** Prints what came of it, unless all is said. */
export function printChanged({ print }: Context, verb: Verb, changed: ChangedMany | undefined): void {
  if (!changed) return;
  const { past, after = "", key } = WORDS[verb];
  const { done, held } = changed;
  print.result(
    { [key]: done, ...(verb === "retry" && { held }), ...othersJson(changed) },
    () =>
      `${past} ${describeJobs(done, {})}${after}${held > 0 ? `; ${grouped(held)} held until released` : ""}${
        sayOthers(changed)
      }`,
  );
}

/** The same for commands that mean only what can be removed. */
export function printDeleted({ print }: Context, changed: ChangedMany | undefined): void {
  if (!changed) return;
  const { done, changedMeanwhile } = changed;
  const others = changedMeanwhile > 0 ? { changed_meanwhile: changedMeanwhile } : {};
  print.result(
    { deleted: done, ...others },
    () => `Deleted ${describeJobs(done, {})}${sayOthers({ ...changed, passedOver: 0 })}`,
  );
}

/** The jobs to which it was not done, for programs. */
export function othersJson({ passedOver, changedMeanwhile }: ChangedMany): Record<string, number> {
  return { passed_over: passedOver, changed_meanwhile: changedMeanwhile };
}

/** The jobs to which it was not done, for people. */
export function sayOthers({ passedOver, changedMeanwhile }: ChangedMany): string {
  const changed = changedMeanwhile > 0 ? `; ${grouped(changedMeanwhile)} had changed meanwhile` : "";
  return `${sayPassedOver(passedOver)}${changed}`;
}

function sayPassedOver(count: number): string {
  if (count === 0) return "";
  return `; ${grouped(count)} more ${count === 1 ? "is" : "are"} passed over, since ${
    count === 1 ? "its state does" : "their states do"
  } not allow it`;
}
