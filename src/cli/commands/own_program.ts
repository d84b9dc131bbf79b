/**
 * @module
 * Starting this program once more, with the permissions a worker needs and no more.
 */
import type { Home } from "../../system/home.ts";
import { leastFlags } from "./worker/permissions.ts";

/**
 * The words that start this program again: the executable, or `deno run` with what a worker needs. `variables` are more
 * of the environment that it may read, if this process may.
 */
export function ownProgram(home: Home, variables: readonly string[] = []): string[] {
  if (Deno.build.standalone) return [Deno.execPath()];
  // What is bundled needs no configuration, and must not be hindered by one that lies around.
  const bundled = Deno.mainModule.endsWith(".js") ? ["--no-config", "--no-lock"] : [];
  return [Deno.execPath(), "run", ...bundled, "--no-prompt", ...leastFlags(home, variables), Deno.mainModule];
}
