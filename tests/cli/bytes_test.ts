/**
 * @module
 * Bytes that are not UTF-8, where something is said to queuectl: a name that was read as text would be another's.
 */
import assert from "node:assert/strict";
import { MAIN, RUN_FLAGS } from "../helpers/cli.ts";
import { type Finished, finished, succeeds } from "../helpers/finished.ts";
import { handWorker } from "../helpers/hand_worker.ts";
import { tempDir } from "../helpers/temp.ts";
import { testStore } from "../helpers/worker.ts";

/** Runs `queuectl …args` after a line of shell, in which `$bad` is a word that is not UTF-8. */
function after(line: string, { dir, args }: { dir: string; args: readonly string[] }): Promise<Finished> {
  return finished("sh", {
    args: [
      "-c",
      `bad=$(printf 'a\\377b'); ${line}`,
      "sh",
      ...[Deno.execPath(), ...RUN_FLAGS.filter((flag) => !flag.startsWith("--allow-env"))],
      ...["--allow-env=QUEUECTL_HOME,HOME,NO_COLOR,QUEUECTL_DEBUG,QUEUECTL_TOKEN,LD_LIBRARY_PATH", MAIN],
      ...args,
    ],
    env: { QUEUECTL_HOME: `${dir}/home`, NO_COLOR: "1" },
    cwd: dir,
  });
}

const NOT_UTF8 =
  /^Cannot use the argument ".*a\ufffdb": it is not UTF-8; where U\+FFFD itself is meant, say it in JSON, as \\ufffd\n$/;

Deno.test("arguments that are not UTF-8 are refused, wherever they stand, and store nothing", async () => {
  using dir = tempDir();
  const lines: [string, ...string[]][] = [
    ['exec "$@" "cat $bad"', "enqueue"],
    ['exec "$@" "$bad"', "enqueue", "--", "cat"],
    ['exec "$@" "--label=$bad" true', "enqueue"],
    ['exec "$@" "$bad" true', "enqueue", "--cwd"],
    ['exec "$@" "$bad"', "enqueue", "--file"],
    ['exec "$@" "$bad"', "list", "--home"],
    ['exec "$@" "$bad"'],
    ['exec "$@" "$bad"', "backup"],
  ];
  const all = await Promise.all(lines.map(([line, ...args]) => after(line, { dir: dir.path, args })));
  for (const { code, stdout, stderr } of all) {
    assert.deepEqual([code, stdout], [2, ""], stderr);
    assert.match(stderr, NOT_UTF8);
  }
  assert.deepEqual([...Deno.readDirSync(dir.path)], []);
  const json = await after('exec "$@" "$bad" --json', { dir: dir.path, args: ["show"] });
  assert.equal(JSON.parse(json.stderr).error.exit_code, 2);
});

Deno.test("variables that are not UTF-8 are refused where they are used", async () => {
  using dir = tempDir();
  const options = { dir: dir.path, args: ["list"] };
  const named = (name: string) => `Cannot use the variable ${name}: its value is not UTF-8\n`;
  const [home, user, debug, token, colour] = await Promise.all([
    after('QUEUECTL_HOME=$PWD/$bad exec "$@"', options),
    after(
      'export XDG_CACHE_HOME=${XDG_CACHE_HOME:-$HOME/.cache}; unset QUEUECTL_HOME; HOME=$PWD/$bad exec "$@"',
      options,
    ),
    after('QUEUECTL_DEBUG=$bad exec "$@"', { ...options, args: ["lst"] }),
    after('QUEUECTL_TOKEN=$bad exec "$@"', { ...options, args: ["dashboard", "--port", "0"] }),
    after('NO_COLOR=$bad exec "$@"', options),
  ]);
  assert.deepEqual(home, { code: 2, stdout: "", stderr: named("QUEUECTL_HOME") });
  assert.deepEqual(user, { code: 2, stdout: "", stderr: named("HOME") });
  assert.equal(debug.code, 2);
  assert.match(debug.stderr, /^Unknown command "lst"/);
  assert.deepEqual([token.code, token.stderr], [2, named("QUEUECTL_TOKEN")]);
  assert.equal(colour.code, 0);
});

Deno.test("in a directory whose name is not UTF-8, what needs the name is refused and all else works", async () => {
  using dir = tempDir();
  const there = 'mkdir -p "$bad" && cd "$bad" && exec "$@"';
  const run = (...args: string[]) => after(there, { dir: dir.path, args });
  const [enqueued, given, relative, listed, home, worked] = await Promise.all([
    run("enqueue", "true"),
    run("enqueue", "--cwd", "/", "true"),
    run("enqueue", "--cwd", "sub", "true"),
    run("list"),
    run("list", "--home", "here"),
    run("worker", "start", "--burst", "--home", `${dir.path}/other`),
  ]);
  assert.deepEqual([enqueued.code, enqueued.stdout], [2, ""]);
  assert.match(
    enqueued.stderr,
    /^Cannot tell where the job shall run: .* its name is not UTF-8; give cwd\n$/,
  );
  assert.deepEqual([given.code, given.stdout], [0, "j1\n"], given.stderr);
  assert.equal(relative.code, 2);
  assert.equal(listed.code, 0);
  assert.deepEqual(home, {
    code: 2,
    stdout: "",
    stderr:
      "Cannot use a path that starts from the current directory: that is gone, or its name is not UTF-8\n",
  });
  assert.equal(worked.code, 0, worked.stderr);
  const [refused, copied] = await Promise.all([
    run("backup", "copy.db"),
    run("backup", `${dir.path}/copy.db`),
  ]);
  assert.equal(refused.code, 2);
  assert.match(refused.stderr, /^Cannot use .*: the name is not UTF-8\n$/);
  assert.equal(copied.code, 0, copied.stderr);
});

/** A `dd` that can make its standard output one on which nobody waits in the kernel (GNU). */
const DD = succeeds("sh", "-c", "dd if=/dev/null oflag=nonblock 2>/dev/null | cat");

Deno.test({
  name: "a standard output that does not let writers wait gets everything, once",
  ignore: !DD,
  async fn() {
    using test = await testStore();
    const worker = await handWorker(test.store);
    await test.enqueue("true");
    const lines = Array.from({ length: 9000 }, (_, i) => `${i}:${"x".repeat(i % 97)}\n`).join("");
    // lines, a part of a line, something long without line ends, and lines again
    const text = `${lines}a part${"y".repeat(150_000)}\n${"z".repeat(900)}\n${lines}the end`;
    const running = await worker.claim();
    await running.print("stdout", text);
    await running.end();
    const child = new Deno.Command("sh", {
      args: [
        "-c",
        'dd if=/dev/null oflag=nonblock 2>/dev/null; exec "$@"',
        ...["sh", Deno.execPath(), ...RUN_FLAGS, MAIN, "logs", "j1"],
      ],
      env: { QUEUECTL_HOME: test.home },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const stderr = new Response(child.stderr).text();
    const printed: Uint8Array[] = [];
    for await (const bytes of child.stdout) {
      printed.push(bytes);
      await new Promise((resolve) => setTimeout(resolve, 1)); // slower than what prints
    }
    const { code } = await child.status;
    assert.deepEqual([code, await stderr], [0, ""]);
    assert.ok(await new Blob(printed as Uint8Array<ArrayBuffer>[]).text() === text, "all of it, once");
  },
});

Deno.test({
  name: "a full or closed standard output is no defect",
  ignore: Deno.build.os !== "linux",
  async fn() {
    using dir = tempDir();
    const full = ['exec "$@" >/dev/full', 'exec "$@" --json >/dev/full'];
    const [said, json, head, gone] = await Promise.all([
      after(full[0]!, { dir: dir.path, args: ["help"] }),
      after(full[1]!, { dir: dir.path, args: ["version"] }),
      after('"$@" | true', { dir: dir.path, args: ["help"] }),
      after('exec "$@" >&-', { dir: dir.path, args: ["help"] }),
    ]);
    const message =
      "Cannot write to standard output: there is no room left on it; what was to be changed is changed";
    assert.deepEqual([said.code, said.stderr], [1, `${message}\n`]);
    assert.deepEqual(JSON.parse(json.stderr), { error: { message, exit_code: 1 } });
    assert.deepEqual([head.stderr, gone.code, gone.stderr], ["", 0, ""]);
  },
});
