/**
 * @module
 * What the executable does with jobs that run: threads, output, ends of whole trees, and jobs that outlive their worker.
 * Slow, so `deno task test:quick` leaves it out.
 */
import assert from "node:assert/strict";
import { builtExecutable } from "../helpers/executable.ts";
import { succeeds } from "../helpers/finished.ts";
import { call, type Installed, says, startWorkers, userOf } from "../helpers/installed.ts";
import { type TempDir, tempDir } from "../helpers/temp.ts";
import { until } from "../helpers/until.ts";

const executable = await builtExecutable();
const ignore = executable === undefined;

function installedIn(dir: TempDir): Installed {
  return { words: [executable!], env: userOf(dir), cwd: dir.path };
}

/** The lines that jobs have written to a file, once there are `count`. */
function linesOf(dir: TempDir, name: string, count: number): Promise<string[]> {
  return until(`${name} has ${count} lines`, () => {
    try {
      const lines = Deno.readTextFileSync(dir.file(name)).split("\n").slice(0, -1);
      return lines.length >= count ? lines : undefined;
    } catch {
      return undefined;
    }
  });
}

function isAlive(pid: string): boolean {
  return succeeds("sh", "-c", 'kill -0 "$1" 2>/dev/null', "sh", pid);
}

/** Until the file `go` is there. */
const GATE = "until [ -e go ]; do sleep 0.1; done; ";

Deno.test("threads and slots run as many jobs at a time as they say", { ignore }, async () => {
  using dir = tempDir();
  const how = installedIn(dir);
  await says(how, ["enqueue", "--file", "-"], `echo >>begun; ${GATE}true\n`.repeat(7));
  await using workers = await startWorkers(how, ["--burst", "--count", "3", "--slots", "2"]);
  await linesOf(dir, "begun", 6);
  const { workers: list } = JSON.parse(await says(how, ["status", "--json"]));
  assert.deepEqual(list.map((one: { running: string[] }) => one.running.length), [2, 2, 2]);
  Deno.writeTextFileSync(dir.file("go"), "");
  assert.equal(await workers.ended, 0);
  assert.equal((await linesOf(dir, "begun", 7)).length, 7);
});

Deno.test("output is kept byte for byte, and in the middle cut to its limit", { ignore }, async () => {
  using dir = tempDir();
  const how = installedIn(dir);
  await says(how, ["config", "set", "output-limit", "1000"]);
  await says(how, ["enqueue", "--id", "bytes", "printf '\\000\\377\\n'; printf oops >&2"]);
  await says(how, ["enqueue", "--id", "much", "yes line | head -n 1000000"]);
  await says(how, ["worker", "start", "--burst"]);
  const bytes = new Deno.Command(executable!, {
    args: ["logs", "bytes", "--stdout"],
    env: { ...how.env },
    clearEnv: true,
  }).outputSync();
  assert.deepEqual([...bytes.stdout], [0, 255, 10]);
  assert.equal(await says(how, ["logs", "bytes", "--stderr"]), "oops");
  const much = await says(how, ["logs", "much"]);
  assert.match(much, /^(?:line\n)+.*4999000 .*\n(?:line\n)+$/s);
  assert.ok(much.length < 1200);
  assert.deepEqual([...Deno.readDirSync(dir.file(".queuectl/spool"))], []);
});

for (const [how, flags] of [["a timeout", ["--timeout", "1"]], ["cancelling", []]] as const) {
  Deno.test(`${how} ends the whole tree of a job`, { ignore }, async () => {
    using dir = tempDir();
    const installed = installedIn(dir);
    const tree =
      "sleep 600 & echo $! >>pids; setsid sh -c 'trap : TERM; echo $$ >>pids; sleep 600; sleep 600' & echo $$ >>pids; wait";
    await says(installed, ["config", "set", "kill-grace", "0.2"]);
    await says(installed, ["enqueue", "--id", "tree", "--max-retries", "0", ...flags, tree]);
    await using workers = await startWorkers(installed, ["--burst"]);
    const pids = await linesOf(dir, "pids", 3);
    if (how === "cancelling") await says(installed, ["cancel", "tree"]);
    assert.equal(await workers.ended, 0);
    await until("nothing is left", () => !pids.some(isAlive));
    const { state, error } = JSON.parse(await says(installed, ["show", "tree", "--json"]));
    if (how === "cancelling") assert.equal(state, "cancelled");
    else assert.deepEqual([state, error], ["dead", "timed out after 1s"]);
  });
}

Deno.test("workers in the background run, are listed and logged, and stop", { ignore }, async () => {
  using dir = tempDir();
  const how = installedIn(dir);
  const [, worker] = /^Started (\S+)\n/.exec(
    await says(how, ["worker", "start", "--detach", "--count", "2"]),
  )!;
  try {
    await says(how, ["enqueue", "--id", "one", "echo one"]);
    await says(how, ["wait", "one"]);
    assert.match(await says(how, ["worker", "list"]), new RegExp(`^${worker} `, "m"));
    assert.match(await says(how, ["worker", "logs", worker!]), new RegExp(`${worker} started`));
  } finally {
    await says(how, ["worker", "stop", "--wait"]);
  }
  assert.equal(Deno.readTextFileSync(dir.file(".queuectl/logs/supervisors.log")), "");
});

Deno.test("Ctrl-C lets the running job finish, and a second one puts it back", { ignore }, async () => {
  using dir = tempDir();
  const how = installedIn(dir);
  await says(how, ["enqueue", "--id", "one", `echo >>begun; ${GATE}true`]);
  await using workers = await startWorkers(how);
  await linesOf(dir, "begun", 1);
  workers.signal("SIGINT");
  await until("it says what it does", () => workers.printed().includes("once more to end and put back"));
  workers.signal("SIGTERM"); // the same one so soon would be the same wish
  assert.equal(await workers.ended, 0);
  const { state, attempts } = JSON.parse(await says(how, ["show", "one", "--json"]));
  assert.deepEqual([state, attempts], ["pending", 0]);
});

for (const end of ["--leave", "kill -9"] as const) {
  Deno.test(`what a worker ran goes on after ${end}, and the next one adopts it`, { ignore }, async () => {
    using dir = tempDir();
    const how = installedIn(dir);
    await says(how, [
      "enqueue",
      "--id",
      "one",
      `echo >>begun; echo before; ${GATE}echo after; exit 7`,
      "--max-retries",
      "0",
    ]);
    await using first = await startWorkers(how);
    await linesOf(dir, "begun", 1);
    if (end === "kill -9") first.signal("SIGKILL");
    else await says(how, ["worker", "stop", "--leave", "--wait"]);
    await first.ended;
    await using next = await startWorkers(how, ["--burst"]);
    await until("it is adopted", () => / one adopted from /.test(next.printed()));
    Deno.writeTextFileSync(dir.file("go"), "");
    assert.equal(await next.ended, 0);
    assert.equal(await says(how, ["logs", "one"]), "before\nafter\n");
    const { exit_code, attempts } = JSON.parse(await says(how, ["show", "one", "--json"]));
    assert.deepEqual([exit_code, attempts], [7, 1]);
    assert.equal((await linesOf(dir, "begun", 1)).length, 1);
    assert.equal((await call(how, ["wait", "one"])).code, 1);
  });
}
