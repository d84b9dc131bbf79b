/**
 * @module
 * `deno task build` as such: what it refuses, and what it leaves where it fails.
 * Slow, so `deno task test:quick` leaves it out.
 */
import assert from "node:assert/strict";
import { build, buildWith, builtExecutable } from "../helpers/executable.ts";
import { finished, succeeds } from "../helpers/finished.ts";
import { tempDir } from "../helpers/temp.ts";

const NO_BASE = "/nowhere/denort";

Deno.test("words that make no sense are refused with exit code 2, and nothing is made", async () => {
  using dir = tempDir();
  const out = dir.file("out");
  const cases: [string[], string][] = [
    [["--al"], "Unknown flag --al, did you mean --all?"],
    [["--frobnicate"], "Unknown flag --frobnicate; --help shows what it takes"],
    [["linux"], 'Unexpected word "linux"; --help shows what it takes'],
    [["--target"], "Missing a value for --target; --help shows what it takes"],
    [["--out="], "Missing a value for --out; --help shows what it takes"],
    [["--all", "--bundle-only"], "Cannot use --bundle-only with a platform: the bundle is for all of them"],
  ];
  for (const [args, message] of cases) {
    const expected = { code: 2, stdout: "", stderr: `${message}\n` };
    assert.deepEqual(await build(["--out", out, ...args]), expected);
  }
  const { code, stderr } = await build(["--out", out, "--target", "linux"]);
  assert.deepEqual([code, stderr.startsWith('Unknown target "linux": there are x86_64-unknown-')], [2, true]);
  assert.ok(!succeeds("test", "-e", out));
});

Deno.test("one file runs everywhere, its sum is beside it, and every build makes the same", async () => {
  using dir = tempDir();
  for (const out of ["one", "two"]) {
    assert.equal((await build(["--bundle-only", "--out", dir.file(out)])).code, 0);
  }
  const names = Array.from(Deno.readDirSync(dir.file("one")), ({ name }) => name).sort();
  assert.deepEqual(names, ["SHA256SUMS", "queuectl.js"]);
  assert.ok(succeeds("cmp", `${dir.file("one")}/queuectl.js`, `${dir.file("two")}/queuectl.js`));
  const args = ["run", "--no-prompt", "--no-config", `${dir.file("one")}/queuectl.js`, "version"];
  assert.match((await finished(Deno.execPath(), { args, cwd: dir.path })).stdout, /^queuectl \d/);
});

Deno.test("where it cannot write, one sentence says so", async () => {
  using dir = tempDir();
  Deno.writeTextFileSync(dir.file("file"), "");
  Deno.mkdirSync(dir.file("dir/queuectl.js"), { recursive: true });
  const cases: [string, string][] = [
    ["file", `Cannot write "${dir.file("file")}": there is a file of that name`],
    ["file/in", `Cannot write "${dir.file("file/in")}": not a directory`],
    ["dir", `Cannot write "${dir.file("dir")}/queuectl.js": there is a directory of that name`],
  ];
  for (const [out, message] of cases) {
    const expected = { code: 1, stdout: "", stderr: `${message}\n` };
    assert.deepEqual(await build(["--bundle-only", "--out", dir.file(out)]), expected);
  }
  assert.deepEqual(Array.from(Deno.readDirSync(dir.file("dir")), ({ name }) => name), ["queuectl.js"]);
});

Deno.test("a build that fails leaves what was built before, and nothing else", async () => {
  using dir = tempDir();
  const before = { queuectl: "good", "queuectl.js": "good", SHA256SUMS: "good" };
  for (const [name, text] of Object.entries(before)) Deno.writeTextFileSync(dir.file(name), text);
  const { code, stdout, stderr } = await build(["--out", dir.path], { DENORT_BIN: NO_BASE });
  assert.deepEqual([code, stdout], [1, ""]);
  assert.equal(
    stderr,
    `queuectl …\nCannot compile for ${Deno.build.target}: DENORT_BIN names "${NO_BASE}", which is not there\n`,
  );
  const after = Array.from(
    Deno.readDirSync(dir.path),
    ({ name }) => [name, Deno.readTextFileSync(dir.file(name))],
  );
  assert.deepEqual(Object.fromEntries(after), before);
});

Deno.test("with a base at hand only its platform can be built, and build:all says so", async () => {
  using dir = tempDir();
  const { code, stderr } = await build(["--all", "--out", dir.file("out")], { DENORT_BIN: NO_BASE });
  const other = Deno.build.target === "x86_64-unknown-linux-gnu"
    ? "aarch64-unknown-linux-gnu"
    : "x86_64-unknown-linux-gnu";
  assert.deepEqual([code, stderr], [
    1,
    `Cannot compile for ${other}: DENORT_BIN names a base for ${Deno.build.target}, the only platform that can be ` +
    "built while it is set\n",
  ]);
});

Deno.test("a compiler that is not there is named", async () => {
  using dir = tempDir();
  const { code, stderr } = await build(["--out", dir.path], { QUEUECTL_COMPILE_DENO: dir.file("deno") });
  assert.deepEqual([code, stderr.split("\n")[1]], [
    1,
    `Cannot compile for ${Deno.build.target}: "${dir.file("deno")}" is no program that can be run`,
  ]);
});

const executable = await builtExecutable();

Deno.test("the same source makes the same executable", {
  ignore: executable === undefined || Deno.env.has("QUEUECTL_EXECUTABLE"),
}, async () => {
  using dir = tempDir();
  const target = Deno.build.target;
  assert.equal((await build(["--target", target, "--out", dir.path])).code, 0);
  assert.ok(succeeds("cmp", dir.file(`queuectl-${target}`), executable!));
  const { code, stdout } = await finished("sha256sum", { args: ["-c", "SHA256SUMS"], cwd: dir.path });
  assert.deepEqual([code, stdout], [0, `queuectl.js: OK\nqueuectl-${target}: OK\n`]);
});

/** A Deno that is too old for the source, but not for what is made of it. */
const old = Deno.env.get("QUEUECTL_COMPILE_DENO") ?? "";
const oldVersion = old === ""
  ? ""
  : /deno (\S+)/.exec((await finished(old, { args: ["--version"] })).stdout)?.[1] ?? "";
const noOldDeno = !/^2\.[0-8]\./.test(oldVersion);

Deno.test("a Deno that is too old is told which one is needed", { ignore: noOldDeno }, async () => {
  using dir = tempDir();
  assert.deepEqual(await buildWith(old, ["--out", dir.file("out")]), {
    code: 1,
    stdout: "",
    stderr: `Cannot bundle with Deno ${oldVersion}: Deno 2.9 or newer is needed\n`,
  });
  const main = new URL("../../main.ts", import.meta.url).pathname;
  assert.deepEqual(
    await finished(old, { args: ["run", "--no-prompt", main, "version"], env: { NO_COLOR: "1" } }),
    {
      code: 2,
      stdout: "",
      stderr: `Cannot run from source with Deno ${oldVersion}: Deno 2.9 or newer is needed\n`,
    },
  );
  assert.equal((await build(["--bundle-only", "--out", dir.path])).code, 0);
  const { code } = await finished(old, { args: ["run", "--no-prompt", dir.file("queuectl.js"), "version"] });
  assert.equal(code, 0);
});
