/**
 * @module
 * Commands on many jobs at once: which are meant, and that nothing is done without a yes.
 */
import assert from "node:assert/strict";
import type { Store } from "../../src/store/contract.ts";
import { openStore } from "../../src/store/open.ts";
import { MAIN, RUN_FLAGS } from "../helpers/cli.ts";
import { queuectl } from "../helpers/cli_within.ts";
import { succeeds } from "../helpers/finished.ts";
import { claim, death, enqueue, newSupervisor, settle } from "../helpers/jobs.ts";
import { tempDir } from "../helpers/temp.ts";

/** A home with three jobs of the queue mail, of which the first is dead, and one of another. */
async function someJobs() {
  const dir = tempDir();
  const store = await openStore(dir.home);
  await enqueue(store, ...["mail", "mail", "mail", "other"].map((queue) => ({ queue })));
  await store.register(newSupervisor("s"));
  const [first] = await claim(store, "s");
  await settle(store, "s", death(first!.token));
  const run = async (line: string) => {
    const { code, stdout, stderr } = await queuectl(line.split(" "), { home: dir.home.dir });
    return [code, stdout, stderr] as const;
  };
  const states = async () =>
    (await store.states(["j1", "j2", "j3", "j4"])).map((state) => state ?? "gone").join(" ");
  return { dir, store, run, states, [Symbol.dispose]: () => (store.close(), dir[Symbol.dispose]()) };
}

const UNCHANGED = "dead pending pending pending";

Deno.test("without a terminal and without --yes, filters are refused with the number of jobs", async () => {
  using app = await someJobs();
  const cases = [
    ["delete --queue mail", "delete 3 jobs of queue mail"],
    ["cancel --queue mail", "cancel 2 jobs of queue mail"],
    ["retry --state dead", "run 1 dead job again"],
    ["retry --state failed,dead --state dead", "run 1 failed or dead job again"],
    [
      "edit --where state=pending --where state=scheduled,pending --priority 5",
      "change 3 pending or scheduled jobs",
    ],
    ["hold --all", "hold 3 jobs"],
    ["pause --queue mail", "pause 2 jobs of queue mail"],
    ["resume --all", "resume 3 jobs"],
    ["dlq retry --queue mail", "run 1 dead job of queue mail again"],
    ["dlq delete --all", "delete 1 dead job"],
    ["queue clear mail --older-than 1s", "delete 2 jobs of queue mail enqueued more than 1s ago"],
    ["edit --where queue=mail --priority 5", "change 2 jobs of queue mail"],
  ];
  for (const [line, what] of cases) {
    const refusal = `Cannot ask whether to ${what}: add --yes to do it, or --dry-run to see which they are\n`;
    // what is counted was enqueued at T0, which lies in the future
    if (line!.includes("older-than")) assert.deepEqual(await app.run(line!), [0, "Deleted 0 jobs\n", ""]);
    else assert.deepEqual(await app.run(line!), [2, "", refusal]);
  }
  assert.equal(await app.states(), UNCHANGED);
});

Deno.test("--dry-run prints the ids and how many there are, and does nothing", async () => {
  using app = await someJobs();
  const passed = "; 1 more is passed over, since its state does not allow it";
  assert.deepEqual(await app.run("cancel --queue mail --dry-run"), [
    0,
    "j2\nj3\n",
    `This would cancel 2 jobs of queue mail${passed}\n`,
  ]);
  const [, stdout] = await app.run("delete --state dead --dry-run --yes --json");
  assert.deepEqual(JSON.parse(stdout), { dry_run: true, count: 1, passed_over: 0, ids: ["j1"] });
  assert.equal(await app.states(), UNCHANGED);
});

Deno.test("with --yes it is done to what the filters find", async () => {
  using app = await someJobs();
  assert.deepEqual(await app.run("edit --where queue=mail --where search=j2 --queue new --yes"), [
    0,
    "Changed 1 job\n",
    "",
  ]);
  assert.equal((await app.store.get("j2"))?.queue, "new");
  const [, held] = await app.run("hold --queue mail --yes --json");
  assert.deepEqual(JSON.parse(held), { held: 1, passed_over: 1, changed_meanwhile: 0 });
  assert.deepEqual(await app.run("release --all --yes"), [
    0,
    "Released 1 job; 3 more are passed over, since their states do not allow it\n",
    "",
  ]);
  const [, retried] = await app.run("dlq retry --error EXIT --yes --json");
  assert.deepEqual(JSON.parse(retried), { retried: 1, held: 0, passed_over: 0, changed_meanwhile: 0 });
  assert.equal(await app.states(), "pending pending pending pending");
  const [, cancelled] = await app.run("cancel --queue mail --yes --json");
  assert.deepEqual(JSON.parse(cancelled), {
    cancelled: 2,
    requested: 0,
    passed_over: 0,
    changed_meanwhile: 0,
  });
  assert.deepEqual(await app.run("delete --all --yes"), [0, "Deleted 4 jobs\n", ""]);
  assert.deepEqual(await app.run("delete --all"), [0, "Deleted 0 jobs\n", ""]);
});

Deno.test("what cannot be meant is refused in a sentence, and nothing is changed", async () => {
  using app = await someJobs();
  const cases: [line: string, sentence: string][] = [
    ["delete", "Cannot tell which jobs to delete: give ids, or filters such as --queue QUEUE, or --all"],
    [
      "hold j1 --queue mail",
      "Cannot hold jobs by ids and filters at once: give ids alone, or filters with --dry-run or --yes",
    ],
    [
      "delete j1 --dry-run",
      "Cannot delete jobs by ids and filters at once: give ids alone, or filters with --dry-run or --yes",
    ],
    [
      "edit --queue mail --yes",
      "Cannot tell which jobs to edit: give an id, or --where NAME=VALUE, or --all; other flags say what to set",
    ],
    [
      "edit --where colour=red --priority 1",
      'Cannot use --where "colour=red": it takes state=, queue=, group=, unique-key=, label=, ',
    ],
    ["edit --where state=odd --priority 1", 'Cannot use --where "state=odd": it takes blocked, pending, '],
    [
      "edit --where group=a --where group=b --priority 1",
      'Cannot use --where "group=b": group was already given',
    ],
    ["retry --state failed,odd --yes", 'Cannot use --state "failed,odd": it takes blocked, pending, '],
    ["list -q a,b,c,d,e,f -q g,h,i,j,k", "Cannot filter by 11 queues: a filter takes at most 10"],
    ["hold -q mail,../x --yes", 'Cannot use queue "../x": a name takes '],
    ["edit --where queue=a", "Cannot edit jobs: no flag says what to change; --help shows them"],
    ["cancel --queue ../x --yes", 'Cannot use queue "../x": a name takes '],
    ["retry --older-than soon", 'Cannot use --older-than "soon": it takes a duration up to '],
    ["cancel --search= --yes", 'Cannot use --search "": it takes text that is not empty'],
    ["delete --label= --yes", 'Cannot use --label "": it takes text that is not empty'],
    [
      "edit --where search= --priority 1 --yes",
      'Cannot use --where "search=": it takes text that is not empty',
    ],
    ["dlq retry --error= --yes", 'Cannot use --error "": it takes text that is not empty'],
    ["edit --where stat=dead --priority 1", 'Cannot use --where "stat=dead": it takes state=, '],
    ["dlq retry --exit-code x", 'Cannot use --exit-code "x": it takes a whole number from 0 to '],
  ];
  for (const [line, sentence] of cases) {
    const [code, stdout, stderr] = await app.run(line);
    assert.ok(code === 2 && stdout === "" && stderr.startsWith(sentence), `${line}: ${stderr}`);
  }
  assert.equal(await app.states(), UNCHANGED);
});

Deno.test("several queues and several labels mean jobs of any of them", async () => {
  using app = await someJobs();
  await enqueue(app.store, { queue: "third", label: "x" }, { queue: "third", label: "y" }, {
    queue: "third",
  });
  const ids = async (line: string) =>
    (await app.run(`${line} --sort oldest --format {id}`))[1].split("\n").join(" ").trim();
  assert.equal(await ids("list -q mail -q other"), "j1 j2 j3 j4");
  assert.equal(await ids("list -q mail,other,mail --state pending"), "j2 j3 j4");
  assert.equal(await ids("list -l x -l y -l none"), "j5 j6");
  assert.equal(await ids("list -q mail -q third -l y"), "j6");
  const meant = async (line: string) => await app.run(`${line} --dry-run`);
  assert.deepEqual(await meant("cancel -q other -q third -l x -l y"), [
    0,
    "j5\nj6\n",
    'This would cancel 2 jobs of queue other or third with label "x" or "y"\n',
  ]);
  assert.equal(
    (await meant("edit --where queue=other --where queue=third --priority 1"))[1],
    "j4\nj5\nj6\nj7\n",
  );
  assert.deepEqual(await app.run("list -q nobody -q nothing -q mail -l none -l x -l no"), [
    0,
    "No jobs\n",
    'There are no queues "nobody", "nothing" yet; there are: other, third, mail\n' +
    'No job has the labels "none", "no"; there are: x, y\n',
  ]);
});

Deno.test("list and dlq list take the same filters", async () => {
  using app = await someJobs();
  const ids = async (line: string) => {
    const [, stdout] = await app.run(`${line} --json`);
    return JSON.parse(stdout).jobs.map(({ id }: { id: string }) => id).join(" ");
  };
  assert.equal(await ids("dlq list --error code"), "j1");
  assert.equal(await ids("dlq list --error nothing"), "");
  assert.equal(await ids("list --exit-code 1"), "j1");
  assert.equal(await ids("list --older-than 1m"), "", "they were enqueued in the future");
  assert.equal(await ids("list --newer-than 1m --queue other"), "j4");
});

/** Answers a question at a terminal of its own; "" is the end of input. */
async function answer(store: Store, { home, line, keys }: { home: string; line: string; keys: string }) {
  const words = [Deno.execPath(), ...RUN_FLAGS, MAIN, ...line.split(" ")];
  const child = new Deno.Command("script", {
    args: ["-qefc", words.map((word) => `'${word}'`).join(" "), "/dev/null"],
    env: { QUEUECTL_HOME: home, NO_COLOR: "1" },
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const keyboard = child.stdin.getWriter();
  let printed = "";
  const text = new TextDecoder();
  let answered = false;
  for await (const bytes of child.stdout) {
    printed += text.decode(bytes, { stream: true });
    if (answered || !printed.includes("[y/N]")) continue;
    answered = true;
    assert.equal((await store.states(["j2"]))[0], "pending", "nothing is done before the answer");
    await keyboard.write(new TextEncoder().encode(keys));
  }
  await keyboard.close().catch(() => {});
  return { code: (await child.status).code, printed };
}

Deno.test("at a terminal it asks, and only a yes is one", {
  ignore: !succeeds("script", "-qefc", "true", "/dev/null"),
}, async () => {
  using app = await someJobs();
  const home = app.dir.home.dir;
  const line = "delete --queue mail";
  for (const keys of ["\r", "n\r", "yesterday\r", "\x04"]) {
    const { code, printed } = await answer(app.store, { home, line, keys });
    assert.match(printed, /This deletes 3 jobs of queue mail\. Go on\? \[y\/N\]/);
    assert.match(printed, /Nothing was changed/);
    assert.equal(code, 1);
  }
  assert.equal(await app.states(), UNCHANGED);
  const { code, printed } = await answer(app.store, { home, line, keys: "y\r" });
  assert.deepEqual([code, /Deleted 3 jobs/.test(printed)], [0, true]);
  assert.equal(await app.states(), "gone gone gone pending");
});

Deno.test("pause and resume by filter tell what waits from what runs", async () => {
  using app = await someJobs();
  await claim(app.store, "s");
  const [code, paused] = await app.run("pause --queue mail --yes --json");
  const { without_worker: _, ...told } = JSON.parse(paused);
  assert.deepEqual([code, told], [0, { held: 1, requested: 1, passed_over: 1, changed_meanwhile: 0 }]);
  const jobs = await Promise.all(["j2", "j3", "j4"].map((id) => app.store.get(id)));
  assert.deepEqual(jobs.map((job) => [job?.held, typeof job?.pausedAt === "number"]), [
    [false, true],
    [true, false],
    [false, false],
  ]);
  const [, resumed] = await app.run("resume --queue mail --yes --json");
  const { without_worker: __, ...went } = JSON.parse(resumed);
  assert.deepEqual(went, { released: 1, requested: 1, passed_over: 1, changed_meanwhile: 0 });
  assert.deepEqual(await app.run("pause --queue none --yes"), [
    0,
    "Held 0 jobs that had not started\n",
    'There is no queue "none" yet; there are: mail, other\n',
  ]);
  assert.equal((await app.run("pause j2 --queue mail"))[0], 2);
});
