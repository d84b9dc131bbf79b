/**
 * @module
 * A story to be told to a store: calls, and what the store must look like after each of them.
 */
import type { Call } from "../helpers/calls.ts";
import { Script } from "../helpers/script.ts";
import type { Step } from "../helpers/store_steps.ts";
import { viewOfModel } from "../helpers/view.ts";

/** A call, or that the store is closed and opened again. */
export type Part = Call | { call: "reopen" };

/** A story. */
export interface Story {
  parts: Part[];
  /** One more than there are parts: `views[0]` is before the first. */
  views: string[];
}

/** The story that steps come to. Those that find nothing to do are left out. */
export function storyOf(steps: readonly (Step | { do: "reopen" })[]): Story {
  const script = new Script();
  const story: Story = { parts: [], views: [viewOfModel(script.model)] };
  const add = (part: Part) => {
    story.parts.push(part);
    story.views.push(viewOfModel(script.model));
  };
  for (const call of script.begin()) add(call);
  for (const step of steps) {
    const part = step.do === "reopen" ? { call: "reopen" as const } : script.take(step);
    if (part) add(part);
  }
  return story;
}
