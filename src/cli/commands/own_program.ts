/**
 * @module
 * Starting this program once more, with the permissions a worker needs and no more.
 */
import { leastFlags, type Served } from "./worker/permissions.ts";

/**
 * The words that start this program again: the executable, or `deno run` with what a worker needs. `variables` are more
 * of the environment that it may read, if this process may.
 */
export async function ownProgram(served: Served, variables: readonly string[] = []): Promise<string[]> {
  if (Deno.build.standalone) return [Deno.execPath()];
  // What is bundled needs no configuration, and must not be hindered by one that lies around.
  const bundled = Deno.mainModule.endsWith(".js") ? ["--no-config", "--no-lock"] : [];
  return [
    Deno.execPath(),
    "run",
    ...bundled,
    "--no-prompt",
    ...await leastFlags(served, variables),
    Deno.mainModule,
  ];
}
