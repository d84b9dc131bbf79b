/**
 * @module
 * A command whose first process is a child of this one.
 */
import type { Launched } from "./platform.ts";

/** The command; with `group`, its first process leads a process group by which its tree is told. */
export function launchedChild(child: Deno.ChildProcess, { group }: { group: boolean }): Launched {
  // Else the runtime would kill it together with its thread.
  child.unref();
  let reaped = false;
  return {
    ended: child.status.then(({ code, signal }) => {
      reaped = true;
      return { kind: "ended", code, signal };
    }),
    witnessed: true,
    // A group keeps its number while anyone is in it.
    root: () => reaped && !group ? null : child.pid,
    group: () => reaped ? null : child.pid,
  };
}
