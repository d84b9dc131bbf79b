/**
 * @module
 * `enqueue --each`: one line for many jobs, all of them or none.
 */
import assert from "node:assert/strict";
import { queuectl } from "../helpers/cli_within.ts";
import { type TestStore, testStore } from "../helpers/worker.ts";

async function commandsIn(test: TestStore): Promise<string[]> {
  const { jobs } = await test.store.list({ limit: 100, sort: "oldest" });
  return jobs.map(({ command }) => command);
}

function touch(test: TestStore, ...paths: string[]): void {
  for (const path of paths) {
    const file = test.dir.file(`work/${path}`);
    Deno.mkdirSync(file.replace(/\/[^/]*$/, ""), { recursive: true });
    Deno.writeTextFileSync(file, "");
  }
}

Deno.test("a pattern makes a job for each file that matches where it is to run, in order", async () => {
  using test = await testStore();
  touch(test, "b.wav", "a song.wav", ".hidden.wav", "c.mp3", "sub/d.wav", "sub/deep/e.wav");
  const base = ["enqueue", "--cwd", test.dir.file("work")];
  const { home } = test;
  const done = await queuectl([...base, "-q", "q", "--each", "*.wav", "--", "lame", "{}", "{.}.mp3"], {
    home,
  });
  assert.deepEqual([done.code, done.stdout], [0, "j1\nj2\n"]);
  assert.deepEqual(await commandsIn(test), ["lame 'a song.wav' 'a song.mp3'", "lame b.wav b.mp3"]);
  assert.equal((await test.store.get("j2"))!.queue, "q");
  await queuectl([...base, "--each", "**/*.wav", "lame {} {//}/{/.}.mp3"], { home });
  assert.deepEqual((await commandsIn(test)).slice(2), [
    "lame 'a song.wav' ./'a song'.mp3",
    "lame b.wav ./b.mp3",
    "lame sub/d.wav sub/d.mp3",
    "lame sub/deep/e.wav sub/deep/e.mp3",
  ]);
  const absolute = `${test.dir.file("work")}/su?/*.wav`;
  await queuectl([...base, "--each", absolute, "--each", "c.*", "echo"], { home });
  assert.deepEqual((await commandsIn(test)).slice(6), [
    `echo ${test.dir.file("work/sub/d.wav")}`,
    "echo c.mp3",
  ]);
  await queuectl([...base, "--each", "*/", "echo"], { home });
  assert.deepEqual((await commandsIn(test)).slice(8), ["echo sub/"]);
});

Deno.test("a file or standard input makes a job for each line, or for what NUL bytes separate", async () => {
  using test = await testStore();
  const { home } = test;
  Deno.writeTextFileSync(test.dir.file("list"), "one\r\n\n# two\n  three");
  await queuectl(["enqueue", "--each", test.dir.file("list"), "echo"], { home });
  assert.deepEqual(await commandsIn(test), ["echo one", "echo '# two'", "echo '  three'"]);
  await queuectl(["enqueue", "--each", "-", "-0", "--", "echo", "{#}={}"], { home, stdin: "a\nb\0c\0" });
  assert.deepEqual((await commandsIn(test)).slice(3), ["echo '1=a\nb'", "echo '2=c'"]);
  const { stdout } = await queuectl(["enqueue", "--json", "--each", "-", "--command", "{}"], {
    home,
    stdin: "make",
  });
  const { ids, group } = JSON.parse(stdout);
  assert.deepEqual(ids, ["j6"]);
  assert.match(group, /^each-[a-z0-9]{8}$/);
});

Deno.test("ten thousand items are one process's work", async () => {
  using test = await testStore();
  const stdin = Array.from({ length: 10_000 }, (_, n) => `file ${n}.wav\n`).join("");
  const { stdout } = await queuectl(["enqueue", "--each", "-", "lame {}"], { home: test.home, stdin });
  assert.equal(stdout.split("\n").length, 10_001);
  assert.equal((await test.store.get("j10000"))!.command, "lame 'file 9999.wav'");
});

Deno.test("what makes no sense is refused in a sentence, and nothing is queued", async () => {
  using test = await testStore();
  const { home } = test;
  const list = test.dir.file("list");
  Deno.writeTextFileSync(list, "one\ntwo\n");
  Deno.writeTextFileSync(test.dir.file("empty"), "\n\n");
  Deno.writeTextFileSync(test.dir.file("odd"), `one\ntwo\0\n`);
  const cases: [string[], string][] = [
    [["--each", "*.nothing", "echo"], 'Cannot enqueue for each of "*.nothing": no file matches'],
    [
      ["--each", list, "--each", test.dir.file("empty"), "echo"],
      `Cannot enqueue for each of "${test.dir.file("empty")}": it has no items`,
    ],
    [["--each", "nowhere", "echo"], 'Cannot read "nowhere": no such file'],
    [["--each", list], "Missing COMMAND: say what to run for each item"],
    [
      ["--each", list, "lame", "{}"],
      'Unexpected word "{}" after "lame": quote the whole command, or put -- before it',
    ],
    [
      ["--each", "one.wav", "two.wav", "three.wav", "--", "lame"],
      'Unexpected word "three.wav" after "two.wav": quote a pattern, or the shell puts names in its place',
    ],
    [["--each", list, "--id", "x", "echo"], "Cannot use --each with an id: each job needs one of its own"],
    [["--each", list, "--file", list], "Cannot use --each with --file: a file says its own commands"],
    [
      ["--each", list, '{"command": "echo"}'],
      "Cannot use --each with a job as JSON: give the command as text, and the rest as flags",
    ],
    [
      ["--each", list, 'echo "{}"'],
      "Cannot use {} within quotes or after a backslash: what it stands for is quoted already",
    ],
    [
      ["--each", "-", "--each", "-", "echo"],
      "Cannot use - for both --each and --each: standard input can be read once",
    ],
    [["--null", "echo"], "Cannot use --null without --each: it says how items are separated"],
  ];
  for (const [words, message] of cases) {
    const done = await queuectl(["enqueue", ...words], { home });
    assert.deepEqual(done, { code: 2, stdout: "", stderr: `${message}\n` });
  }
  const odd = await queuectl(["enqueue", "--each", test.dir.file("odd"), "echo"], { home });
  assert.equal(odd.code, 2);
  assert.match(odd.stderr, /^In item 2 of .*odd: cannot use command /);
  assert.deepEqual(await commandsIn(test), []);
});
