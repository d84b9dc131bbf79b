/**
 * @module
 * A process that opens the store of a home and kills itself on the way: `HOME N` dies, as of `kill -9`, before its
 * N-th step. A step is an SQL statement, or a file or directory that is made or flushed. One that comes to its end
 * before that prints `opened`. With `HOME N newer`, it takes the made-up step, too.
 */
import { openStore } from "../../src/store/open.ts";
import { Database } from "../../src/store/sqlite/engine/database.ts";
import { migrate } from "../../src/store/sqlite/migrations.ts";
import { homeAt } from "../../src/system/home.ts";
import { NEWER } from "./rebuilding_step.ts";

const [dir, last, newer] = Deno.args;
let steps = 0;

function step(): void {
  steps += 1;
  if (steps === Number(last)) Deno.kill(Deno.pid, "SIGKILL");
}

const { exec, run } = Database.prototype;
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
const { mkdirSync, openSync } = Deno;
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
console.log("opened");
