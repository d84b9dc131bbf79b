/**
 * @module
 * `queuectl status`: how many jobs are where, and what the workers are doing. Reads only counts and what runs, so
 * it takes as long with ten jobs as with ten million.
 */
import { statusNow } from "../../views/status.ts";
import { defineCommand, type Target } from "../line/command.ts";
import type { Context } from "../line/context.ts";
import { toggle } from "../line/flags.ts";
import { statusText } from "../show/status_view.ts";

export const command: Target = defineCommand({
  brief: "Show how many jobs are in which state, and what workers do",
  examples: [
    ["status", "once"],
    ["status --watch", "until Ctrl-C, at every change"],
    ["status --watch --json", "one JSON document a line, at every change"],
  ],
  flags: { watch: toggle("show it again at every change") },
  async run(context, flags) {
    if (flags.watch) return await watch(context);
    const status = await statusNow(await context.store(), context.clock.now());
    context.print.result(status, () => statusText(status, context));
  },
});

/** A screen is drawn again all the time, since it shows how long jobs have been running; a pipe gets changes only. */
async function watch(context: Context): Promise<void> {
  const { json, print, clock } = context;
  const onScreen = !json && Deno.stdout.isTerminal();
  const [store, { watchStore }] = await Promise.all([context.store(), import("../../views/watch_store.ts")]);
  using changes = watchStore(store, clock);
  if (onScreen) print.bytes(new TextEncoder().encode("\x1b[2J"));
  for (let before = "";; await changes.next()) {
    const status = await statusNow(store, clock.now());
    const line = JSON.stringify(status);
    if (onScreen) redraw(context, statusText(status, context));
    else if (line !== before) print.line(json ? line : `${before && "\n"}${statusText(status, context)}`);
    before = line;
  }
}

/** Writes over what stands there, line by line, so that nothing flickers; cuts off what does not fit. */
function redraw({ print }: Context, text: string): void {
  const lines = text.split("\n").slice(0, Deno.consoleSize().rows - 1);
  print.line(`\x1b[H${lines.map((line) => `${line}\x1b[K`).join("\n")}\x1b[J`);
}
