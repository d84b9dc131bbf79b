/**
 * @module
 * A process that makes calls to a store and prints a line after each that has resolved: what it printed must be
 * true whatever happens to it. What to do comes as JSON on stdin; whatever goes wrong is on its stderr.
 */
import { homeAt } from "../../src/home.ts";
import { openStore } from "../../src/store/open.ts";
import { type Call, make, tokensIn } from "../helpers/calls.ts";

/** What to do. */
export interface Orders {
  /** The directory of the home; made if it is not there. */
  home: string;
  /** `reopen` closes the store and opens it again. */
  calls: (Call | { call: "reopen" })[];
}

if (import.meta.main) {
  try {
    await carryOut(await new Response(Deno.stdin.readable).json());
  } catch (error) {
    console.error((error as Error).message);
    Deno.exitCode = 1;
  }
}

async function carryOut({ home: dir, calls }: Orders): Promise<void> {
  const home = homeAt(dir);
  const line = new TextEncoder().encode("\n");
  let store = await openStore(home);
  const tokens = tokensIn(home);
  for (const call of calls) {
    if (call.call === "reopen") {
      store.close();
      store = await openStore(home);
    } else {
      await make(store, call, tokens);
    }
    Deno.stdout.writeSync(line);
  }
  store.close();
}
