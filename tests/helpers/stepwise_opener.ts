/**
 * @module
 * A process that opens the store of a home and keeps what the home is before each of its steps: with `HOME COPIES`, the
 * copy of before the N-th step is `COPIES/N`. Files are what `kill -9` would have left just then, locks aside, which
 * die with their process. A step is an SQL statement, or a file or directory that is made or flushed. With
 * `HOME COPIES newer`, it takes the made-up step, too.
 */
import { openStore } from "../../src/store/open.ts";
import { Database } from "../../src/store/sqlite/engine/database.ts";
import { migrate } from "../../src/store/sqlite/migrations.ts";
import { homeAt } from "../../src/system/home.ts";
import { NEWER } from "./rebuilding_step.ts";

const [dir, copies, newer] = Deno.args;
const { mkdirSync, openSync, statSync } = Deno;
const { exec, run } = Database.prototype;
let steps = 0;

/** By another process: one that closes a file gives up the locks that it has on it. */
function step(): void {
  steps += 1;
  if (!isThere(dir!)) return;
  const { success } = new Deno.Command("cp", { args: ["-Rp", dir!, `${copies}/${steps}`] }).outputSync();
  if (!success) throw new Error(`step ${steps} cannot be copied`);
}

function isThere(path: string): boolean {
  try {
    return statSync(path).isDirectory;
  } catch {
    return false;
  }
}

Database.prototype.exec = function (sql) {
  // The schema's statements stand in one text, with empty lines between them.
  for (const statement of sql.split(/\n\s*\n/)) {
    step();
    exec.call(this, statement);
  }
};
Database.prototype.run = function (...words) {
  step();
  return run.apply(this, words);
};
Object.assign(Deno, {
  mkdirSync(...words: Parameters<typeof mkdirSync>) {
    step();
    mkdirSync(...words);
  },
  openSync(...words: Parameters<typeof openSync>) {
    step();
    return openSync(...words);
  },
});

const home = homeAt(dir!);
if (newer) {
  const db = await Database.open(home);
  await migrate(db, home, NEWER);
  db.close();
} else (await openStore(home)).close();
console.log(steps);
