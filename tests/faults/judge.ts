/**
 * @module
 * What must hold of a store after any accident: it opens, it is sound, its counts are right, and once what was begun is
 * brought to its end, it equals the model after what was acknowledged, or after one call more, the one under way. Of one
 * that goes in turns some may have been done; then it can be made again, and comes to the same.
 */
import { openStore } from "../../src/store/open.ts";
import type { Home } from "../../src/system/home.ts";
import { finishTurns } from "../helpers/calls.ts";
import { difference, viewOfStore } from "../helpers/view.ts";
import type { Part } from "./story.ts";

/** What a store turned out to be. */
export interface Verdict {
  /** Whether the call under way has happened, all of it. */
  oneMore: boolean;
  /** What does not hold, a sentence each. */
  found: string[];
}

/**
 * Judges the store of a home.
 *
 * @param home where it is; a store is made where there is none, as every command does
 * @param acknowledged the view of the model after what was acknowledged
 * @param next the call after that, if there is one, and the view of the model after it
 */
export async function judge(
  home: Home,
  acknowledged: string,
  next: { part: Part | undefined; view: string },
): Promise<Verdict> {
  try {
    const store = await openStore(home);
    try {
      while (await store.recover()); // what others would do sooner or later
      const found = [...(await store.care.check!())!, ...await store.recount()];
      let view = await viewOfStore(store);
      const between = view !== acknowledged && view !== next.view;
      if (between && next.part && next.part.call !== "reopen" && await finishTurns(store, next.part)) {
        view = await viewOfStore(store);
        found.push(...await store.recount());
      }
      const oneMore = view === next.view;
      const wrong = oneMore ? undefined : difference(view, acknowledged);
      return { oneMore, found: wrong === undefined ? found : [...found, wrong] };
    } finally {
      store.close();
    }
  } catch (error) {
    return { oneMore: false, found: [`it cannot be used: ${(error as Error).message}`] };
  }
}
