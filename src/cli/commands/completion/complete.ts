/**
 * @module
 * `queuectl __complete KIND -- WORD`: what a word may become, a line each, with what it is about after a tab. The
 * completion scripts call it. It changes nothing, makes no store and never says why there is nothing; what it prints
 * means nothing to a shell.
 */
import type { Store, WorkerInfo } from "../../../store/contract.ts";
import { openStore } from "../../../store/open.ts";
import { sayBounds } from "../../../views/limit_json.ts";
import { defineCommand, type Target } from "../../line/command.ts";
import { fit, visible } from "../../show/terminal.ts";
import { JOB_KINDS } from "./kinds.ts";

/** More than anybody reads. */
const MOST = 100;
/** Columns of what a word is about. */
const WIDTH = 60;
/** Nothing in it is obeyed by a shell or a terminal, and it is no flag. */
const PLAIN = /^[\p{L}\p{N}][\p{L}\p{N}._:\/@%+,=-]*$/u;

interface Offer {
  word: string;
  about: string;
}

export const command: Target = defineCommand({
  brief: "What a word may become, for completion scripts",
  examples: [["__complete queues -- ma", "queues that begin so"]],
  words: { placeholder: "KIND WORD", brief: "what is completed, and how it begins", min: 1, max: 2 },
  async run(context, _flags, [kind, prefix = ""]) {
    try {
      const store = await openStore(context.home, {
        create: false,
        reserve: false,
        upgrade: false,
        meant: context.meant,
      });
      const lines = (await offers(store, kind!, prefix))
        .filter(({ word }) => word.startsWith(prefix) && PLAIN.test(word))
        .map(({ word, about }) => `${word}\t${shown(about)}\n`);
      if (lines.length > 0) context.print.bytes(new TextEncoder().encode(lines.join("")));
      store.close();
    } catch {
      // who types does not want to hear of it
    }
  },
});

async function offers(store: Store, kind: string, prefix: string): Promise<Offer[]> {
  switch (kind) {
    case "queues":
      return await queueOffers(store, prefix);
    case "groups":
      return await groupOffers(store, prefix);
    case "schedules":
      return await scheduleOffers(store, prefix);
    case "limits":
      return (await store.limits(0)).map((limit) => ({ word: limit.name, about: sayBounds(limit) }));
    case "units":
      return await unitOffers(store);
    case "labels":
      return (await store.labels(prefix, MOST)).map((word) => ({ word, about: "label" }));
    case "workers":
      return (await store.workers()).map(({ id, host }) => ({ word: id, about: `on ${host}` }));
    case "hosts":
      return hostOffers(await store.workers());
    default: {
      const wanted = JOB_KINDS[kind];
      if (!wanted) return [];
      const jobs = await store.suggestJobs({ ...wanted, prefix, limit: MOST });
      return jobs.map(({ id, command }) => ({ word: id, about: command }));
    }
  }
}

/** Limits, and what workers have. */
async function unitOffers(store: Store): Promise<Offer[]> {
  const things = new Map((await store.workers()).flatMap(({ has }) => [...has]));
  return [
    ...await offers(store, "limits", ""),
    ...[...things].map(([word, units]) => ({ word, about: `a worker has ${units}` })),
  ];
}

function hostOffers(workers: readonly WorkerInfo[]): Offer[] {
  return [...Map.groupBy(workers, ({ host }) => host)].map(([word, { length }]) => ({
    word,
    about: length === 1 ? "1 worker" : `${length} workers`,
  }));
}

/** The names before the last comma stay: `mail,rep`. */
async function queueOffers(store: Store, typed: string): Promise<Offer[]> {
  const before = typed.slice(0, typed.lastIndexOf(",") + 1);
  const prefix = typed.slice(before.length);
  const itself = prefix === "" ? undefined : await store.queue(prefix);
  const others = await store.queues({ ...prefix !== "" && { after: prefix }, limit: MOST });
  return [...itself ? [itself] : [], ...others].filter(({ name }) => name.startsWith(prefix))
    .map(({ name, counts }) => ({ word: `${before}${name}`, about: `${counts.pending} pending` }));
}

/** The latest ones, as with queues. */
async function groupOffers(store: Store, typed: string): Promise<Offer[]> {
  const before = typed.slice(0, typed.lastIndexOf(",") + 1);
  const groups = await store.groups({ limit: MOST });
  return groups.map(({ name, end, open }) => ({
    word: `${before}${name}`,
    about: end === "open" ? `${open} open` : end,
  }));
}

/** As with queues. */
async function scheduleOffers(store: Store, prefix: string): Promise<Offer[]> {
  const itself = prefix === "" ? undefined : await store.schedule(prefix);
  const others = await store.schedules({ ...prefix !== "" && { after: prefix }, limit: MOST });
  return [...itself ? [itself] : [], ...others].map(({ name, expression }) => ({
    word: name,
    about: expression,
  }));
}

/** On one line, and no longer than one. */
function shown(text: string): string {
  return fit(visible(text.replaceAll(/\s+/g, " ").trim()), WIDTH);
}
