/**
 * @module
 * A process that makes calls to a store and prints a line after each that has resolved: what it printed must be
 * true whatever happens to it. What to do comes as JSON on stdin; whatever goes wrong is on its stderr.
 */
import { openStore } from "../../src/store/open.ts";
import { homeAt } from "../../src/system/home.ts";
import { make, tokensIn } from "../helpers/calls.ts";
import type { Part } from "./story.ts";

/** What to do. */
export interface Orders {
  /** The directory of the home; made if it is not there. */
  home: string;
  parts: Part[];
}

if (import.meta.main) {
  try {
    await carryOut(await new Response(Deno.stdin.readable).json());
  } catch (error) {
    console.error((error as Error).message);
    Deno.exitCode = 1;
  }
}

async function carryOut({ home: dir, parts }: Orders): Promise<void> {
  const home = homeAt(dir);
  const line = new TextEncoder().encode("\n");
  let store = await openStore(home);
  const tokens = tokensIn(home);
  for (const part of parts) {
    if (part.call === "reopen") {
      store.close();
      store = await openStore(home);
    } else {
      await make(store, part, tokens);
    }
    Deno.stdout.writeSync(line);
  }
  store.close();
}
