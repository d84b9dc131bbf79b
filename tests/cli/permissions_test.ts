/**
 * @module
 * The least permissions each command works with, as README.md has them: with exactly those it works, and without any
 * one of them it names the flag that is missing, with exit code 4, and has changed nothing.
 * Slow, so `deno task test:quick` leaves it out.
 */
import assert from "node:assert/strict";
import { dirname } from "node:path";
import type { Target } from "../../src/cli/line/command.ts";
import { permissionProblem } from "../../src/cli/line/problem.ts";
import { loadWholeTree } from "../../src/cli/line/tree.ts";
import type { Job } from "../../src/domain/job.ts";
import { openStore } from "../../src/store/open.ts";
import { permissionFlags } from "../../src/system/permissions.ts";
import { MAIN } from "../helpers/cli.ts";
import { CommandLines } from "../helpers/command_lines.ts";
import { type Finished, finished } from "../helpers/finished.ts";
import { type TempDir, tempDir } from "../helpers/temp.ts";

/** A row of README.md's table. */
interface Row {
  /** What it is about. */
  to: string;
  /** Each permission by itself, as a flag. */
  needs(dir: TempDir): string[];
  /** Command lines by their commands: what to type after `queuectl`. They run one after the other. */
  lines: readonly (readonly [command: string, words: (dir: TempDir) => string[], code?: number])[];
}

const ofHome = ({ home }: TempDir) => [`--allow-read=${home.dir}`, `--allow-write=${home.dir}`];
const toHome = ({ home }: TempDir) => ["--home", home.dir];
/** The words after the command, and the home. */
const line = (command: string, words = ""): Row["lines"][number][1] => (dir) => [
  ...command.split(" "),
  ...toHome(dir),
  ...words.split(" ").filter((word) => word !== ""),
];
const plain = (command: string, words = "", code = 0): Row["lines"][number] => [
  command,
  line(command, words),
  code,
];

const ROWS: readonly Row[] = [
  {
    to: "ask for help, versions and scripts",
    needs: () => [],
    lines: [
      plain("completions", "bash"),
      plain("version"),
      plain("man"),
      plain("service print", "--systemd"),
      plain("store check"), // there is no server
      plain("store roles", "", 2),
      plain("store copy", "", 2), // it does not say where to
    ],
  },
  {
    to: "queue, look and manage",
    needs: ofHome,
    lines: [
      plain("enqueue", "true"),
      plain("list"),
      plain("show", "j1"),
      plain("needs", "j1"),
      plain("logs", "j1", 1), // it has not run yet
      plain("result", "j1", 1),
      plain("wait", "--timeout 0.01 j1", 1),
      plain("cancel", "j1"),
      plain("retry", "j1"),
      plain("store show"),
      plain("store use", "local"),
      plain("edit", "j1 --priority 3"),
      plain("hold", "j1"),
      plain("release", "j1"),
      plain("pause", "j1"),
      plain("resume", "j1"),
      plain("delete", "j1"),
      plain("dlq list"),
      plain("dlq groups"),
      plain("dlq retry", "--all"),
      plain("dlq delete", "j1", 1), // it is gone
      plain("dlq clear"),
      plain("enqueue", "--group g true"),
      plain("group list"),
      plain("group show", "g"),
      plain("group seal", "g"),
      plain("group cancel", "g --yes"),
      plain("group retry", "g --yes"),
      plain("group delete", "g --jobs --yes"),
      plain("schedule add", "s @daily true"),
      plain("schedule list"),
      plain("schedule show", "s"),
      plain("schedule next", "s"),
      plain("schedule run", "s"),
      plain("schedule history", "s"),
      plain("schedule set", "s --label x"),
      plain("schedule pause", "s"),
      plain("schedule resume", "s"),
      plain("schedule remove", "s"),
      plain("limit set", "api --at-once 2"),
      plain("limit list"),
      plain("limit show", "api"),
      plain("limit remove", "api"),
      plain("queue list"),
      plain("queue pause", "mail"),
      plain("queue resume", "mail"),
      plain("queue set", "mail --concurrency 2"),
      plain("queue clear"),
      plain("queue delete", "mail"),
      plain("worker list"),
      plain("worker stop"),
      plain("status"),
      plain("metrics"),
      plain("config", "set timeout 3"),
      plain("prune"),
      plain("doctor"),
    ],
  },
  {
    to: "run jobs",
    needs: (dir) => [...ofHome(dir), `--allow-read=${dirname(MAIN)}`, "--allow-run=sh"],
    lines: [plain("worker start", "--burst --count 2")],
  },
  {
    to: "run jobs in the background",
    needs: (dir) => [...ofHome(dir), "--allow-run=sh"],
    lines: [plain("worker start", "--burst --detach")],
  },
  {
    to: "read what a background worker wrote",
    needs: (dir) => ofHome(dir).slice(0, 1),
    lines: [plain("worker logs", "worker-abc234", 1)], // there is none
  },
  {
    to: "queue what a file has",
    needs: (dir) => [...ofHome(dir), `--allow-read=${dir.file("jobs")}`],
    lines: [["enqueue", (dir) => ["enqueue", ...toHome(dir), "--file", dir.file("jobs")]]],
  },
  {
    to: "make schedules as a file says",
    needs: (dir) => [...ofHome(dir), `--allow-read=${dir.file("schedules")}`],
    lines: [
      ["schedule apply", (dir) => ["schedule", "apply", ...toHome(dir), dir.file("schedules")]],
      [
        "schedule import",
        (dir) => ["schedule", "import", ...toHome(dir), "--dry-run", dir.file("schedules")],
        2,
      ],
    ],
  },
  {
    to: "queue a job for each file",
    needs: (dir) => [...ofHome(dir), `--allow-read=${dir.file("out")}`],
    lines: [["enqueue", (dir) => ["enqueue", ...toHome(dir), "--each", `${dir.file("out")}/*`, "ls"]]],
  },
  {
    to: "keep what a job is to read",
    needs: (dir) => [...ofHome(dir), `--allow-read=${dir.file("jobs")}`],
    lines: [["enqueue", (dir) => ["enqueue", ...toHome(dir), "--stdin", dir.file("jobs"), "cat"]]],
  },
  {
    to: "take variables from a file",
    needs: (dir) => [...ofHome(dir), `--allow-read=${dir.file("env")}`],
    lines: [["enqueue", (dir) => ["enqueue", ...toHome(dir), "--env-file", dir.file("env"), "true"]]],
  },
  {
    to: "take a variable from here",
    needs: (dir) => [...ofHome(dir), "--allow-env=PATH"],
    lines: [["enqueue", line("enqueue", "--env PATH true")]],
  },
  {
    to: "take the whole environment",
    needs: (dir) => [...ofHome(dir), "--allow-env"],
    lines: [plain("enqueue", "--env-all true")],
  },
  {
    to: "say something from inside a job",
    needs: (dir) => ["--allow-env=QUEUECTL_SAY", `--allow-write=${dir.file("say")}`],
    lines: [
      ["progress", () => ["progress", "40"]],
      ["snooze", () => ["snooze", "10m"], 75],
      ["alive", () => ["alive"]],
    ],
  },
  {
    to: "write a backup",
    needs: (dir) => [...ofHome(dir), `--allow-read=${dir.file("out")}`, `--allow-write=${dir.file("out")}`],
    lines: [["backup", (dir) => ["backup", ...toHome(dir), `${dir.file("out")}/b`]]],
  },
  {
    to: "save what can be read of a damaged store",
    needs: (dir) => [ofHome(dir)[0]!, `--allow-read=${dir.file("out")}`, `--allow-write=${dir.file("out")}`],
    lines: [["doctor", (dir) => ["doctor", ...toHome(dir), "--salvage", `${dir.file("out")}/s`]]],
  },
  {
    to: "find the home in the environment",
    needs: (dir) => [...ofHome(dir), "--allow-env=QUEUECTL_HOME,HOME"],
    lines: [["list", () => ["list"]]],
  },
];

const variablesOf = ({ home, file }: TempDir) => ({ QUEUECTL_HOME: home.dir, QUEUECTL_SAY: file("say") });

/** Runs the program with some permissions, and no others. */
function run(flags: readonly string[], words: readonly string[], dir: TempDir) {
  return finished(Deno.execPath(), {
    args: ["run", "--no-prompt", ...flags, MAIN, ...words],
    env: variablesOf(dir),
    stdin: "null",
  });
}

const MANY = 3;

/** What runs command lines with some permissions: for few lines a process each, for many one for all. */
function runners(lines: number, dir: TempDir) {
  const stack = new AsyncDisposableStack();
  return {
    with(flags: readonly string[]): (words: readonly string[]) => Promise<Finished> {
      if (lines < MANY) return (words) => run(flags, words, dir);
      const process = stack.use(new CommandLines(flags, variablesOf(dir)));
      return (words) => process.run(words);
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

/** The jobs of a home, to see that nothing was changed; none where there is no store yet. */
async function jobsIn({ home }: TempDir): Promise<Job[]> {
  if (!isFile(home.database)) return [];
  const store = await openStore(home);
  try {
    return (await store.list({ limit: 1000 })).jobs;
  } finally {
    store.close();
  }
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

for (const { to, needs, lines } of ROWS) {
  Deno.test(`the least permissions to ${to} are enough, and each is asked for by its name`, async () => {
    using dir = tempDir();
    Deno.mkdirSync(dir.file("out/one"), { recursive: true });
    Deno.writeTextFileSync(dir.file("jobs"), "true\ntrue\n");
    Deno.writeTextFileSync(dir.file("env"), "A=1\n");
    Deno.writeTextFileSync(
      dir.file("schedules"),
      '{"name": "a", "expression": "@daily", "job": {"command": "true"}}\n',
    );
    const needed = needs(dir);
    if (!lines[0]![1](dir).includes("enqueue")) {
      await run(ofHome(dir), ["enqueue", "--id", "there", "true", ...toHome(dir)], dir);
    }
    await using all = runners(lines.length, dir);
    const runAll = all.with(needed);
    const without = needed.map((missing) =>
      [missing, all.with(needed.filter((flag) => flag !== missing))] as const
    );
    for (const [, words, code = 0] of lines) {
      const typed = words(dir);
      const before = await jobsIn(dir);
      await Promise.all(without.map(async ([missing, run]) => {
        const { code, stderr } = await run(typed);
        if (typed.includes("doctor") && !typed.includes("--salvage")) {
          return assert.equal(code, 1, "the doctor reports it as a problem");
        }
        assert.deepEqual([code, stderr.split("\n").length], [4, 2], `${typed.join(" ")}: ${stderr}`);
        assert.ok(stderr.trimEnd().endsWith(missing), `asks for ${missing}: ${stderr}`);
      }));
      assert.deepEqual(await jobsIn(dir), before);
      const done = await runAll(typed);
      assert.equal(done.code, code, `${typed.join(" ")}: ${done.stderr}`);
    }
  });
}

Deno.test("every command is in the table of permissions", async () => {
  const known = new Set(ROWS.flatMap(({ lines }) => lines.map(([command]) => command)));
  known.add("dashboard"); // goes on until it is stopped: see http_access_test.ts
  const missing = commandsIn(await loadWholeTree(), "").filter((command) => !known.has(command));
  assert.deepEqual(missing, []);
});

function commandsIn({ definition }: Target, path: string): string[] {
  if (!("routes" in definition) || path === "config") return [path];
  return Object.entries(definition.routes).flatMap(([name, target]) =>
    commandsIn(target, path === "" ? name : `${path} ${name}`)
  );
}

Deno.test("workers end process trees with permission for nothing but sh", async () => {
  using dir = tempDir();
  const flags = [...ofHome(dir), `--allow-read=${dirname(MAIN)}`, "--allow-run=sh"];
  const words = ["--timeout", "0.3", "--max-retries", "0", "setsid sleep 600 & sleep 600; wait"];
  await run(flags, ["enqueue", ...toHome(dir), "--id", "hangs", ...words], dir);
  await run(flags, ["worker", "start", ...toHome(dir), "--burst"], dir);
  const { stdout } = await run(flags, ["show", "hangs", "--json", ...toHome(dir)], dir);
  assert.deepEqual([JSON.parse(stdout).state, JSON.parse(stdout).error], ["dead", "timed out after 300ms"]);
});

Deno.test("permissions are written as flags that a shell and Deno read as they are meant", () => {
  assert.deepEqual(
    permissionFlags([
      { name: "read", path: "/a" },
      { name: "write", path: "/c,d" },
      { name: "read", path: "/e" },
      { name: "run", command: "sh" },
      { name: "net" },
    ]),
    ["--allow-read=/a,/e", "--allow-write", "--allow-run=sh", "--allow-net"],
  );
});

for (
  const [said, sentence] of [
    [
      'Requires read access to "/my files", run again with the --allow-read flag',
      `Cannot read "/my files": run again with '--allow-read=/my files'`,
    ],
    [
      'Requires net access to "0.0.0.0:80", run again with the --allow-net flag',
      'Cannot use the network address "0.0.0.0:80": run again with --allow-net=0.0.0.0:80',
    ],
    [
      "Requires run access, run again with the --allow-run flag",
      "Cannot go on without run permission: run again with --allow-run",
    ],
    [
      'Requires all access to "/dev/x", specify the required permissions during compilation using `deno compile --allow-all`',
      "Cannot go on without all permission: run again with --allow-all",
    ],
  ] as const
) {
  Deno.test(`what Deno says becomes: ${sentence}`, () => {
    assert.equal(permissionProblem(said).message, sentence);
  });
}
