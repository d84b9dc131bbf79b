/**
 * @module
 * What workers may do: no more than they need, whatever they were started with.
 */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { homeAt } from "../../src/system/home.ts";
import { MAIN, spawnQueuectl } from "../helpers/cli.ts";
import { queuectl } from "../helpers/cli_within.ts";
import { type TempDir, tempDir } from "../helpers/temp.ts";
import { until } from "../helpers/until.ts";
import { type TestStore, testStore } from "../helpers/worker.ts";

const TELLER = fileURLToPath(new URL("../fixtures/permission_teller.ts", import.meta.url));
const ROOT = MAIN.slice(0, MAIN.lastIndexOf("/"));
const EVERYTHING = ["run", "--allow-all", MAIN];

/** A temporary directory whose home is reached through a symbolic link. */
function linkedDir(target?: string): TempDir {
  const dir = tempDir();
  if (target === undefined) Deno.mkdirSync(target = dir.file("real"));
  Deno.symlinkSync(target, dir.file("link"));
  return { ...dir, home: homeAt(dir.file("link/home")) };
}

async function inBackground(
  test: TestStore,
  options: { program: readonly string[]; env?: Record<string, string> },
): Promise<{ flags: string[]; code: number; stderr: string }> {
  const start = ["worker", "start", "--detach", "--json"];
  const { code, stdout, stderr } = await queuectl(start, { home: test.home, ...options });
  if (code !== 0) return { flags: [], code, stderr };
  const words = Deno.readTextFileSync(`/proc/${JSON.parse(stdout).pid}/cmdline`).split("\0");
  return { flags: words.filter((word) => word.startsWith("--allow")), code, stderr };
}

async function stop(test: TestStore): Promise<void> {
  const { code, stderr } = await queuectl(["worker", "stop", "--wait"], { home: test.home });
  assert.equal(code, 0, stderr);
}

Deno.test("a worker that may do everything lets go of what it does not need, in threads that come later, too", async () => {
  using test = await testStore();
  const child = spawnQueuectl(["worker", "start"], {
    home: test.home,
    program: ["run", "--allow-all", TELLER],
  });
  let said = "";
  const reading = (async () => {
    for await (const text of child.stderr.pipeThrough(new TextDecoderStream())) said += text;
  })();
  const printing = child.stdout.cancel();
  const id = await test.enqueue(": >begun; until [ -e go ]; do sleep 0.1; done", {
    env: { CRASH: test.dir.file("begun") },
  });
  await until("a new thread has adopted the job", () => /^thread told to adopt: .*\.$/m.test(said));
  Deno.writeTextFileSync(test.dir.file("go"), "");
  await test.reaches(id, "completed");
  child.kill("SIGUSR2");
  await until("the main thread has told", () => /^main: .*\.$/m.test(said));
  child.kill("SIGTERM");
  await Promise.all([child.status, reading, printing]);
  assert.deepEqual(said.match(/^(?:main|thread).*$/gm), [
    "thread told to run: read write run.",
    "thread told to adopt: read write run.",
    "main: read write run.",
  ]);
});

Deno.test("a worker that may do everything still heeds NO_COLOR and QUEUECTL_DEBUG", async () => {
  using test = await testStore();
  const child = spawnQueuectl(["worker", "start"], {
    home: test.home,
    program: EVERYTHING,
    env: { QUEUECTL_DEBUG: "1" },
  });
  const output = child.output();
  await until("it is there", async () => (await test.store.workers()).length > 0);
  Deno.renameSync(test.home, `${test.home}-gone`);
  const { stderr } = await output;
  assert.match(new TextDecoder().decode(stderr), /\n {4}at /);
  Deno.renameSync(`${test.home}-gone`, test.home);
});

Deno.test("workers in the background may do no more than they need, and reach a home through a symbolic link", async () => {
  using test = await testStore(linkedDir());
  const homes = `${test.home},${Deno.realPathSync(test.home)}`;
  const least = [`--allow-read=${homes},${ROOT}`, `--allow-write=${homes}`, "--allow-run=sh"];
  const all = await inBackground(test, { program: EVERYTHING });
  assert.equal(all.code, 0, all.stderr);
  const variables = ["QUEUECTL_HOME", "QUEUECTL_STORE", "HOME", "USERPROFILE", "NO_COLOR", "QUEUECTL_DEBUG"];
  assert.deepEqual(all.flags, [...least, `--allow-env=${variables.join()}`]);
  const id = await test.enqueue("echo hi");
  await test.reaches(id, "completed");
  await stop(test);
  const some = await inBackground(test, {
    program: ["run", "--no-prompt", ...least, "--allow-env=QUEUECTL_HOME", MAIN],
  });
  assert.equal(some.code, 0, some.stderr);
  assert.deepEqual(some.flags, [...least, "--allow-env=QUEUECTL_HOME"]);
  await stop(test);
});

Deno.test("a worker that may not read what its home's symbolic link leads to says so", async () => {
  using test = await testStore(linkedDir());
  const program = [`--allow-read=${test.home},${ROOT}`, `--allow-write=${test.home}`, "--allow-run=sh"];
  const { code, stderr } = await queuectl(["worker", "start", "--home", test.home], {
    home: test.home,
    program: ["run", "--no-prompt", ...program, MAIN],
  });
  assert.deepEqual([code, stderr.includes(Deno.realPathSync(test.home))], [4, true], stderr);
});

Deno.test("workers in the background have a home with a comma in its name", async () => {
  const dir = tempDir();
  using test = await testStore({ ...dir, home: homeAt(dir.file("a,b")) });
  const { code, flags, stderr } = await inBackground(test, { program: EVERYTHING });
  assert.equal(code, 0, stderr);
  assert.deepEqual(flags.slice(0, 3), ["--allow-read", "--allow-write", "--allow-run=sh"]);
  await stop(test);
});

Deno.test("jobs of workers in the background see the variables for the linker of who started those", async () => {
  using test = await testStore();
  const program = [
    "run",
    "--no-prompt",
    "--allow-read",
    "--allow-write",
    "--allow-run=sh",
    "--allow-env",
    MAIN,
  ];
  const { code, stderr } = await inBackground(test, { program, env: { LD_LIBRARY_PATH: "/it's here" } });
  assert.equal(code, 0, stderr);
  const id = await test.enqueue('echo "$LD_LIBRARY_PATH"');
  await test.reaches(id, "completed");
  assert.equal(await test.output(id), "/it's here\n");
  await stop(test);
});

for (const how of ["", ", through a symbolic link"]) {
  Deno.test({
    name: `a home in /dev/shm${how} takes a worker that may do everything, also in the background`,
    ignore: !exists("/dev/shm"),
    async fn() {
      const shm = Deno.makeTempDirSync({ dir: "/dev/shm" });
      try {
        const dir = how ? linkedDir(shm) : { ...tempDir(), home: homeAt(`${shm}/home`) };
        using test = await testStore(dir);
        const here = await test.enqueue("echo hi");
        const { code, stderr } = await queuectl(["worker", "start", "--burst"], {
          home: test.home,
          program: EVERYTHING,
        });
        assert.equal(code, 0, stderr);
        assert.equal((await test.store.get(here))!.state, "completed");
        const background = await inBackground(test, { program: EVERYTHING });
        assert.equal(background.code, 0, background.stderr);
        assert.deepEqual(background.flags, ["--allow-all"]);
        await test.reaches(await test.enqueue("echo hi"), "completed");
        const stopped = await queuectl(["worker", "stop", "--wait"], {
          home: test.home,
          program: EVERYTHING,
        });
        assert.equal(stopped.code, 0, stopped.stderr);
      } finally {
        Deno.removeSync(shm, { recursive: true });
      }
    },
  });
}

function exists(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch {
    return false;
  }
}
