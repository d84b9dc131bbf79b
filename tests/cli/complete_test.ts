/**
 * @module
 * What the completion scripts ask the program for.
 */
import assert from "node:assert/strict";
import { openStore } from "../../src/store/open.ts";
import { queuectl } from "../helpers/cli_within.ts";
import { claim, death, enqueue, failure, newSupervisor, settle, T0 } from "../helpers/jobs.ts";
import { makeOldHome } from "../helpers/old_home.ts";
import { tempDir } from "../helpers/temp.ts";

/** Asks, and gives the words. */
async function words(home: string, kind: string, prefix = ""): Promise<string> {
  const { code, stdout, stderr } = await queuectl(["__complete", kind, "--", prefix], { home });
  assert.deepEqual([code, stderr], [0, ""]);
  return stdout.split("\n").filter(Boolean).map((line) => line.split("\t")[0]).join(" ");
}

Deno.test("each command gets the ids that make sense for it, the newest first", async () => {
  using dir = tempDir();
  const home = dir.home.dir;
  const store = await openStore(dir.home);
  await store.register(newSupervisor("s"));
  await enqueue(store, { id: "dead" }, { id: "failed" }, { id: "running" });
  const [dead, failed] = await claim(store, "s", { count: 3 });
  await settle(store, "s", death(dead!.token), failure(failed!.token, { runAt: T0 + 1e9 }));
  await enqueue(store, { id: "held", held: true }, {}, {});
  await store.cancel(["j5"], T0);
  assert.equal(await words(home, "alive"), "j6 held running failed");
  assert.equal(await words(home, "waiting"), "j6 held failed");
  assert.equal(await words(home, "unheld"), "j6 failed");
  assert.equal(await words(home, "held"), "held");
  assert.equal(await words(home, "failed"), "failed dead");
  assert.equal(await words(home, "dead"), "dead");
  assert.equal(await words(home, "idle"), "j6 j5 held failed dead");
  assert.equal(await words(home, "jobs"), "j6 j5 held running failed dead");
  assert.equal(await words(home, "jobs", "j"), "j6 j5");
  assert.equal(await words(home, "jobs", "h"), "held");
  assert.equal(await words(home, "jobs", "x"), "");
  assert.equal(await words(home, "workers"), "s-worker");
  assert.equal(await words(home, "queues", "def"), "default");
  assert.equal(await words(home, "nonsense"), "");
  store.close();
});

Deno.test("of very many jobs those whose ids begin so are found, whether they are new or not", async () => {
  using dir = tempDir();
  const store = await openStore(dir.home);
  await enqueue(store, { id: "job-old" }, ...Array.from({ length: 12_000 }, () => ({ label: "l" })));
  const home = dir.home.dir;
  assert.equal(await words(home, "alive", "job"), "job-old");
  assert.equal(
    await words(home, "alive", "j120"),
    "j12001 j12000 j1209 j1208 j1207 j1206 j1205 j1204 j1203 j1202 j1201 j1200 j120",
  );
  assert.equal((await words(home, "alive")).split(" ")[0], "j12001");
  assert.equal(await words(home, "labels"), "l");
  store.close();
});

Deno.test("nothing that a shell or a terminal would obey is offered, and a command is one short line", async () => {
  using dir = tempDir();
  const store = await openStore(dir.home);
  const labels = [
    "$(touch x)",
    "a b",
    "`id`",
    "-rf",
    "~root",
    "a;b",
    "a\u001b[2J",
    "a'b",
    "fine.one",
    "été",
    "*",
  ];
  for (const label of labels) await enqueue(store, { label });
  await enqueue(store, { id: "x", command: `echo\n\t\u001b]0;title\u0007 ${"long ".repeat(99)}` });
  assert.equal(await words(dir.home.dir, "labels"), "fine.one été");
  const { stdout } = await queuectl(["__complete", "jobs", "--", "x"], { home: dir.home.dir });
  assert.match(stdout, /^x\techo \\e\]0;title\\x07 long [^\n]{10,60}…\n$/);
  store.close();
});

Deno.test("where there is no store, or one of an older version, nothing is said and nothing is changed", async () => {
  using dir = tempDir();
  assert.equal(await words(dir.home.dir, "jobs"), "");
  assert.throws(() => Deno.statSync(dir.home.dir), Deno.errors.NotFound);
  await makeOldHome(dir.home, 3);
  const before = Deno.readFileSync(dir.home.database);
  assert.equal(await words(dir.home.dir, "jobs"), "");
  assert.deepEqual(Deno.readFileSync(dir.home.database), before);
  Deno.writeTextFileSync(dir.home.database, "not a database, but long enough to be taken for one".repeat(99));
  assert.equal(await words(dir.home.dir, "jobs"), "");
});

Deno.test("help, the manual page and the scripts' own words leave it out", async () => {
  using dir = tempDir();
  const home = dir.home.dir;
  for (const line of [["--help"], ["man"]]) {
    assert.doesNotMatch((await queuectl(line, { home })).stdout, /__complete/);
  }
  const { stdout } = await queuectl(["completions", "fish"], { home });
  assert.doesNotMatch(stdout, /-a '?__complete/);
});
