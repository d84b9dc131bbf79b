/**
 * @module
 * `--stdin`: from a file or standard input into the store, and out of it again.
 */
import assert from "node:assert/strict";
import { queuectl } from "../helpers/cli_within.ts";
import { testStore } from "../helpers/worker.ts";

const MOST = 1024 * 1024;

Deno.test("--stdin keeps a file, or standard input, byte for byte, and show --stdin prints it", async () => {
  using test = await testStore();
  const { home } = test;
  const odd = new Uint8Array([0, 255, 10, 13, 195]);
  Deno.writeFileSync(test.dir.file("odd"), odd);
  const fromFile = await queuectl(["enqueue", "--stdin", test.dir.file("odd"), "cat"], { home });
  assert.deepEqual([fromFile.code, fromFile.stdout], [0, "j1\n"]);
  await queuectl(["enqueue", "--stdin", "-", "cat"], { home, stdin: "é\n" });
  assert.deepEqual(await test.store.stdin("j1"), odd);
  assert.equal((await queuectl(["show", "j2", "--stdin"], { home })).stdout, "é\n");
  assert.match((await queuectl(["show", "j2"], { home })).stdout, /^Input +3 bytes/m);
  const [first, second] = await Promise.all(
    ["j1", "j2"].map(async (id) =>
      JSON.parse((await queuectl(["show", id, "--stdin", "--json"], { home })).stdout)
    ),
  );
  assert.deepEqual(first, { id: "j1", stdin_base64: "AP8KDcM=" });
  assert.deepEqual(second, { id: "j2", stdin: "é\n" });
});

Deno.test("JSON says what a job reads as text or in base64, and shows how much it is", async () => {
  using test = await testStore();
  const { home } = test;
  const jobs = [{ command: "cat", stdin: "a\n" }, { command: "cat", stdin_base64: "AP8=" }, {
    command: "cat",
  }];
  const lines = jobs.map((job) => JSON.stringify(job)).join("\n");
  await queuectl(["enqueue", "--file", "-"], { home, stdin: lines });
  const { stdout } = await queuectl(["list", "--sort", "oldest", "--json"], { home });
  assert.deepEqual(JSON.parse(stdout).jobs.map((job: { stdin_size: number }) => job.stdin_size), [
    2,
    2,
    null,
  ]);
  assert.deepEqual(await test.store.stdin("j2"), new Uint8Array([0, 255]));
});

Deno.test("what cannot be kept as a stdin is refused in a sentence, and nothing is queued", async () => {
  using test = await testStore();
  const { home } = test;
  const large = test.dir.file("large");
  Deno.writeFileSync(large, new Uint8Array(MOST + 1));
  const loop = test.dir.file("loop");
  Deno.symlinkSync(loop, loop);
  const tooLarge = (size: string) =>
    `Cannot keep a stdin of ${size} bytes with a job: it takes at most ${MOST} (1 MiB); put it into a file, and let the command read that`;
  const cases: [string[], string][] = [
    [["--stdin", large, "cat"], tooLarge(`more than ${MOST}`)],
    [["--stdin", test.dir.file("none"), "cat"], `Cannot read "${test.dir.file("none")}": no such file`],
    [["--stdin", test.dir.path, "cat"], `Cannot read "${test.dir.path}": it is a directory`],
    [["--stdin", loop, "cat"], `Cannot read "${loop}": too many levels of symbolic links`],
    [["--stdin", "x".repeat(300), "cat"], `Cannot read "${"x".repeat(300)}": file name too long`],
    [["--stdin", "", "cat"], 'Cannot read "": it is no name of a file'],
    [
      ["--stdin", "-", "--file", "-"],
      "Cannot use - for both --file and --stdin: standard input can be read once",
    ],
    [
      ['{"command": "cat", "stdin": "x", "stdin_base64": "eA=="}'],
      "Cannot use stdin and stdin_base64 together: each says what the job reads",
    ],
    [['{"command": "cat", "stdin_base64": "?"}'], 'Cannot use stdin_base64 "?": it takes bytes in base64'],
    [['{"command": "cat", "stdin": 5}'], "Cannot use stdin 5: it takes text"],
    [['{"command": "cat", "stdin_size": 5}'], 'Cannot set "stdin_size" of a job: it is set by queuectl'],
  ];
  for (const [words, message] of cases) {
    const done = await queuectl(["enqueue", ...words], { home });
    assert.deepEqual(done, { code: 2, stdout: "", stderr: `${message}\n` });
  }
  assert.deepEqual((await test.store.list({ limit: 1 })).jobs, []);
  Deno.writeFileSync(large, new Uint8Array(MOST));
  assert.equal((await queuectl(["enqueue", "--stdin", large, "cat"], { home })).code, 0);
});

Deno.test("a job without a stdin has none to show", async () => {
  using test = await testStore();
  await test.enqueue("true");
  assert.deepEqual(await queuectl(["show", "j1", "--stdin"], { home: test.home }), {
    code: 1,
    stdout: "",
    stderr: 'Cannot show the stdin of job "j1": it has none\n',
  });
});
