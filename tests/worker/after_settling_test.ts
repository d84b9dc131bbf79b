/**
 * @module
 * What is cleared up after attempts that are settled, and that nothing is of those that are another's.
 */
import assert from "node:assert/strict";
import type { ClaimedJob } from "../../src/store/contract.ts";
import { EndsFiles } from "../../src/worker/spool/ends_files.ts";
import { AfterSettling } from "../../src/worker/supervisor/after_settling.ts";
import type { Leftovers } from "../../src/worker/supervisor/leftovers.ts";
import type { Stored } from "../../src/worker/supervisor/outbox.ts";
import type { Succession } from "../../src/worker/supervisor/succession.ts";
import { settlement } from "../helpers/jobs.ts";
import { type TempDir, tempDir } from "../helpers/temp.ts";

/** Attempts share a file for their ends, so many at most. */
const SHARERS = 500;

function clearingUp(dir: TempDir, ends: EndsFiles): AfterSettling {
  return new AfterSettling({
    journal: { started() {}, adopted() {}, settled() {}, note() {} },
    succession: { spoolOf: (token: string) => dir.file(token), forget() {} } as unknown as Succession,
    ends,
    leftovers: { ended() {} } as unknown as Leftovers,
  });
}

function stored(token: string, refused: boolean): Stored {
  return {
    job: { id: token, token, worker: "worker-aaaaaa", stdinSize: null } as ClaimedJob,
    settlement: settlement(token),
    ...{ witnessed: false, trimmed: false, spoke: false, barred: false, refused },
  };
}

Deno.test("a file for ends goes with the last attempt that is settled, and stays for one that is another's", () => {
  for (const refused of [false, true]) {
    using dir = tempDir();
    const ends = new EndsFiles(dir.path);
    const tokens = Array.from({ length: SHARERS + 1 }, (_, i) => `token-${i}`);
    const [first, second] = new Set(tokens.map((token) => ends.pathFor(token)));
    for (const path of [first!, second!]) Deno.writeTextFileSync(path, "");
    const shared = tokens.slice(0, SHARERS).map((token, i) => stored(token, refused && i === 0));
    clearingUp(dir, ends).clearUp(shared);
    const left = Array.from(Deno.readDirSync(dir.path), ({ name }) => dir.file(name));
    assert.deepEqual(left.sort(), refused ? [first, second] : [second]);
  }
});
