/**
 * @module
 * The executable as its users have it: one file, on a machine without Deno, in whatever surroundings.
 * Slow, so `deno task test:quick` leaves it out.
 */
import assert from "node:assert/strict";
import { VERSION } from "../../src/system/version.ts";
import { builtExecutable } from "../helpers/executable.ts";
import { finished, succeeds } from "../helpers/finished.ts";
import {
  call,
  type Installed,
  says,
  start,
  SYSTEM_PATH,
  userOf,
  worksThroughout,
} from "../helpers/installed.ts";
import { type TempDir, tempDir } from "../helpers/temp.ts";

/** Begins a colour on a terminal. */
const COLOUR = new RegExp("\u001b\\[");

const executable = await builtExecutable();
const ignore = executable === undefined;

/** The executable for a user whose home directory is `dir`, called from an empty directory. */
function installedIn(dir: TempDir, changes: Partial<Installed> = {}): Installed {
  const cwd = dir.file("empty");
  Deno.mkdirSync(cwd, { recursive: true });
  return { words: [executable!], env: userOf(dir), cwd, ...changes };
}

Deno.test(
  "the executable works throughout without Deno, and leaves nothing outside its home",
  { ignore },
  async () => {
    using dir = tempDir();
    const how = installedIn(dir);
    assert.equal((await call({ ...how, words: ["sh", "-c", "command -v deno"] }, [])).stdout, "");
    const temporary = dir.file("tmp");
    Deno.mkdirSync(temporary);
    await worksThroughout({ ...how, env: { ...how.env, TMPDIR: temporary } });
    assert.deepEqual([...Deno.readDirSync(temporary)], []);
    assert.deepEqual([...Deno.readDirSync(how.cwd)], []);
    assert.deepEqual(Array.from(Deno.readDirSync(dir.path), ({ name }) => name).sort(), [
      ".queuectl",
      "empty",
      "tmp",
    ]);
  },
);

Deno.test("it serves the dashboard, and has all of its pages within itself", { ignore }, async () => {
  using dir = tempDir();
  const how = installedIn(dir, { env: { ...userOf(dir), QUEUECTL_TOKEN: "a-token-of-the-environment" } });
  const child = start(how, ["dashboard", "--port", "0"]);
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let printed = "";
  while (!printed.includes("\n")) {
    const { done, value } = await reader.read();
    assert.ok(!done, "it has ended");
    printed += value;
  }
  const [, url] = /^(http:\/\/127\.0\.0\.1:\d+\/)\?token=a-token-of-the-environment$/m.exec(printed) ?? [];
  assert.ok(url, printed);
  const headers = { authorization: "Bearer a-token-of-the-environment" };
  for (
    const [path, part] of [["", '<div id="app">'], ["assets/app.js", "import "], ["assets/uplot.js", "uPlot"]]
  ) {
    const response: Response = await fetch(url + path, { headers });
    assert.equal(response.status, 200, path);
    assert.ok((await response.text()).includes(part!), path);
  }
  const made = await fetch(`${url}api/v1/jobs`, {
    method: "POST",
    headers: { ...headers, "content-type": "application/json" },
    body: JSON.stringify({ id: "by-http", command: "echo hi" }),
  });
  assert.equal(made.status, 201, await made.text());
  const { free } = await (await fetch(`${url}api/v1/store`, { headers })).json();
  assert.ok(free > 0, "an executable may ask how much room there is");
  await says(how, ["worker", "start", "--burst"]);
  const output = await fetch(`${url}api/v1/jobs/by-http/output`, { headers });
  assert.equal(await output.text(), "hi\n");
  child.kill("SIGTERM");
  await reader.cancel();
  await child.stderr.cancel();
  assert.equal((await child.status).code, 0);
});

const noNetworks = !succeeds("unshare", "-n", "true");

Deno.test("it works throughout without a network", { ignore: ignore || noNetworks }, async () => {
  using dir = tempDir();
  await worksThroughout(installedIn(dir, { words: ["unshare", "-n", executable!] }));
});

Deno.test("it is found by PATH, and through a symbolic link under any name", { ignore }, async () => {
  using dir = tempDir();
  Deno.mkdirSync(dir.file("bin"));
  Deno.symlinkSync(executable!, dir.file("bin/jobs"));
  const env = { ...userOf(dir), PATH: `${dir.file("bin")}:${SYSTEM_PATH}` };
  await worksThroughout(installedIn(dir, { words: ["sh", "-c", 'exec jobs "$@"', "sh"], env }));
  using other = tempDir();
  await worksThroughout(
    installedIn(other, { words: ["../bin/jobs"], cwd: dir.file("empty"), env: userOf(other) }),
  );
});

Deno.test(
  "without HOME it wants a home, and takes one from --home or QUEUECTL_HOME",
  { ignore },
  async () => {
    using dir = tempDir();
    const how = installedIn(dir, { env: { PATH: SYSTEM_PATH } });
    assert.deepEqual(await call(how, ["enqueue", "true"]), {
      code: 3,
      stdout: "",
      stderr: "Cannot tell where the home is: neither QUEUECTL_HOME nor HOME is set; give --home DIR\n",
    });
    assert.match(await says(how, ["version"]), /^queuectl /);
    assert.equal(await says(how, ["enqueue", "true", "--home", "here"]), "j1\n");
    assert.equal(
      await says({ ...how, env: { ...how.env, QUEUECTL_HOME: "here" } }, ["enqueue", "true"]),
      "j2\n",
    );
  },
);

const noMounts = !succeeds(
  "unshare",
  "-m",
  "sh",
  "-c",
  "mount --make-rprivate / && mount -t tmpfs none /mnt",
);

Deno.test(
  "with a home directory that is read-only it works elsewhere",
  { ignore: ignore || noMounts },
  async () => {
    using dir = tempDir();
    Deno.mkdirSync(dir.file("user"));
    const env = { PATH: SYSTEM_PATH, HOME: dir.file("user") };
    const script = 'mount --make-rprivate / && mount -t tmpfs -o ro none "$HOME" && exec "$@"';
    const words = ["unshare", "-m", "sh", "-c", script, "sh", executable!];
    const how = installedIn(dir, { words, env });
    assert.deepEqual(await call(how, ["enqueue", "true"]), {
      code: 3,
      stdout: "",
      stderr: `Cannot use the home "${dir.file("user")}/.queuectl": it cannot be written\n`,
    });
    await worksThroughout({ ...how, env: { ...env, QUEUECTL_HOME: dir.home.dir } });
  },
);

Deno.test("variables that it may not read surprise it as little as those it may", { ignore }, async () => {
  using dir = tempDir();
  const surprising = {
    DENO_DIR: "/nowhere",
    DENO_NO_PROMPT: "",
    NODE_OPTIONS: "--x",
    TERM: "dumb",
    TZ: "Asia/Tokyo",
  };
  const how = installedIn(dir, {
    env: { ...userOf(dir), ...surprising, LANG: "de_DE.UTF-8", PWD: "/nowhere" },
  });
  await worksThroughout(how);
  const terminal = { ...how, words: ["script", "-qec", `'${executable}' list`, "/dev/null"] };
  assert.match(await says(terminal, []), COLOUR);
  assert.doesNotMatch(await says({ ...terminal, env: { ...how.env, NO_COLOR: "1" } }, []), COLOUR);
  const wrong = await call({ ...how, env: { ...how.env, QUEUECTL_DEBUG: "1" } }, ["show", "nothing"]);
  assert.match(wrong.stderr, /\n +at /);
});

Deno.test("every command answers", { ignore }, async () => {
  using dir = tempDir();
  const how = installedIn(dir);
  const json = async (...args: string[]) => JSON.parse(await says(how, [...args, "--json"]));
  assert.equal((await json("version")).version, VERSION);
  assert.equal(await says(how, ["enqueue", '{"command":"echo one","id":"one","priority":1}']), "one\n");
  assert.equal(await says(how, ["enqueue", "--id", "two", "--", "echo", "it's"]), "two\n");
  assert.equal(
    await says(
      how,
      ["enqueue", "--file", "-"],
      '{"command":"true"}\n{"command":"exit 9","id":"bad","max_retries":0}\n',
    ),
    "j3\nbad\n",
  );
  Deno.writeTextFileSync(`${how.cwd}/jobs`, "echo filed\n");
  assert.equal(await says(how, ["enqueue", "--file", "jobs", "--queue", "mail"]), "j5\n");
  await says(how, ["enqueue", "--id", "off", "--delay", "1h", "true"]);
  await says(how, ["hold", "off"]), await says(how, ["release", "off"]);
  await says(how, ["edit", "off", "--priority", "7"]);
  await says(how, ["cancel", "off"]);
  await says(how, ["queue", "set", "mail", "--concurrency", "2"]);
  await says(how, ["queue", "pause", "mail"]), await says(how, ["queue", "resume", "mail"]);
  await says(how, ["config", "set", "backoff-base", "0.1"]);
  assert.match(await says(how, ["config", "get", "backoff-base"]), /0\.1/);
  await says(how, ["worker", "start", "--burst", "--count", "2", "--slots", "2"]);
  assert.deepEqual((await json("show", "one")).state, "completed");
  assert.match(await says(how, ["list", "--state", "completed"]), /^two /m);
  assert.equal(await says(how, ["logs", "two"]), "it's\n");
  assert.match(await says(how, ["dlq", "list"]), /^bad /m);
  await says(how, ["dlq", "retry", "bad"]),
    await says(how, ["retry", "off"]),
    await says(how, ["delete", "off"]);
  assert.match(await says(how, ["queue", "list"]), /^mail /m);
  assert.match(await says(how, ["status"]), /^default /m);
  assert.ok((await json("metrics")) instanceof Object);
  assert.match(await says(how, ["metrics", "--prometheus"]), /^# TYPE /m);
  await says(how, ["prune", "--older-than", "1h"]);
  for (const shell of ["bash", "zsh", "fish"]) assert.ok(await says(how, ["completions", shell]));
  for (const words of [["--help"], ["worker", "start", "--help"]]) {
    assert.match(await says(how, words), /^Usage: /m);
  }
  const doctor = await call(how, ["doctor"]);
  assert.deepEqual([doctor.code, /^problem/m.test(doctor.stdout)], [0, false], doctor.stdout);
});

Deno.test("a backup made while workers run is a home to go on with", { ignore }, async () => {
  using dir = tempDir();
  const how = installedIn(dir);
  await says(how, ["enqueue", "--file", "-"], "echo hello\n".repeat(200));
  // what ran when the copy was made has nobody there, which shows once it has been silent for so long
  await says(how, ["config", "set", "--lease", "1", "--backoff-base", "0.1"]);
  await says(how, ["worker", "start", "--detach", "--count", "2"]);
  Deno.mkdirSync(dir.file("copy"), { mode: 0o700 });
  await says(how, ["backup", dir.file("copy/queue.db")]);
  await says(how, ["worker", "stop", "--wait"]);
  const copy = ["--home", dir.file("copy")];
  assert.equal(JSON.parse(await says(how, ["list", "--json", "--limit", "500", ...copy])).jobs.length, 200);
  await says(how, ["worker", "start", "--detach", ...copy]);
  assert.equal((await call(how, ["wait", "--all", ...copy])).code, 0);
  await says(how, ["worker", "stop", "--wait", ...copy]);
  assert.equal((await call(how, ["doctor", ...copy])).code, 0);
});

Deno.test("two executables on one home share its jobs", { ignore }, async () => {
  using dir = tempDir();
  const how = installedIn(dir);
  await Deno.copyFile(executable!, dir.file("other"));
  const other = { ...how, words: [dir.file("other")] };
  await says(
    how,
    ["enqueue", "--file", "-"],
    `echo $QUEUECTL_JOB_ID >>${dir.file("ran")}; sleep 0.05\n`.repeat(60),
  );
  const runs = await Promise.all(
    [how, other].map((one) => says(one, ["worker", "start", "--burst", "--count", "2"])),
  );
  for (const run of runs) assert.match(run, / completed after /);
  const ran = Deno.readTextFileSync(dir.file("ran")).trim().split("\n");
  assert.deepEqual([ran.length, new Set(ran).size], [60, 60]);
  assert.equal(
    (await finished(dir.file("other"), { args: ["wait", "--all"], env: how.env, clearEnv: true })).code,
    0,
  );
});
