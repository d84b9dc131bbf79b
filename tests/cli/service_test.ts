/**
 * @module
 * `queuectl service print`: what systemd and launchd make of its unit files, and `worker start --leave`, which they rely on.
 * Slow, so `deno task test:quick` leaves it out.
 */
import assert from "node:assert/strict";
import { escapeXml } from "../../src/cli/commands/service/launchd.ts";
import { commandLine } from "../../src/cli/commands/service/systemd.ts";
import { MAIN_URL, queuectl } from "../helpers/cli.ts";
import { succeeds } from "../helpers/finished.ts";
import { type TempDir, tempDir } from "../helpers/temp.ts";
import { until } from "../helpers/until.ts";
import { startWorker, testStore } from "../helpers/worker.ts";

/** Whatever means something to systemd, a shell or XML. */
const NASTY = `it's 100%h of $HOME & <"ü">; \\ #`;

const HOME = Deno.env.get("HOME");

interface Printed {
  kind: string;
  path: string;
  unit: string;
}

async function printed(dir: TempDir, ...words: string[]): Promise<Printed> {
  const { code, stdout, stderr } = await queuectl(["service", "print", "--json", ...words], {
    home: dir.home.dir,
  });
  assert.deepEqual([code, stderr], [0, ""]);
  return JSON.parse(stdout);
}

/** What `systemd-analyze verify` has to say about a unit; nothing when all is well. */
function verified(dir: TempDir, unit: string, { system = false } = {}): string[] {
  const path = dir.file("queuectl-under-test.service");
  Deno.writeTextFileSync(path, unit);
  const { stderr } = new Deno.Command("systemd-analyze", {
    args: [...(system ? [] : ["--user"]), "verify", "--man=no", path],
    env: { XDG_RUNTIME_DIR: dir.path, HOME: dir.path },
  }).outputSync();
  // It also verifies units that this machine has and that ours names; those are not our concern.
  const lines = new TextDecoder().decode(stderr).split("\n");
  return lines.filter((line) => line.includes("queuectl-under-test") || line.startsWith("Failed"));
}

const withSystemd = { ignore: !succeeds("systemd-analyze", "--version") };

Deno.test(
  "systemd finds nothing to complain about in the units, of a user and of the machine",
  withSystemd,
  async () => {
    using dir = tempDir();
    const home = dir.file(NASTY);
    const user = await printed(dir, "--systemd", "--home", home, "--count", "4", "--queue", "mail,reports");
    assert.deepEqual([user.kind, user.path], ["systemd", `${HOME}/.config/systemd/user/queuectl.service`]);
    assert.match(user.unit, /^WantedBy=default\.target$/m);
    assert.deepEqual(verified(dir, user.unit), []);
    const system = await printed(
      dir,
      "--systemd",
      "--system",
      "--user",
      "ci",
      "--home",
      home,
      "--name",
      "ci.queue",
    );
    assert.equal(system.path, "/etc/systemd/system/ci.queue.service");
    assert.match(system.unit, /^User=ci$/m);
    assert.match(system.unit, /^WantedBy=multi-user\.target$/m);
    assert.deepEqual(verified(dir, system.unit, { system: true }), []);
    assert.equal(verified(dir, user.unit.replace("KillMode=", "KilMode=")).length, 1, "it does look");
  },
);

Deno.test("systemd finds the program, whatever its path", withSystemd, () => {
  using dir = tempDir();
  const unit = (path: string) => `[Service]\nExecStart=${commandLine([path, NASTY])}\n`;
  for (const name of ["100%h of $HOME & <ü>; #", NASTY]) {
    Deno.symlinkSync(Deno.execPath(), dir.file(name));
    assert.deepEqual(verified(dir, unit(dir.file(name))), []);
  }
  assert.match(verified(dir, unit(dir.file("%h"))).join("\n"), /is not executable/);
});

Deno.test("a command line for systemd is quoted where it has to be", () => {
  const cases: [string[], string][] = [
    [["/usr/bin/queuectl", "worker", "--queue", "a,b"], "/usr/bin/queuectl worker --queue a,b"],
    [["/opt/my tools/q", ""], '"/opt/my tools/q" ""'],
    // the first word is a path and no variable is replaced in it
    [["/a$b%c/q", "$HOME/100%"], "/a$b%%c/q $$HOME/100%%"],
    [["/it's/q", "$"], `/bin/sh -c "exec \\"$$0\\" \\"$$@\\"" "/it's/q" $$`],
    [["/q", 'say "hi"', "back\\slash", "it's"], '/q "say \\"hi\\"" "back\\\\slash" "it\'s"'],
    [["/q", "two\nlines\t", "ü", ";", "#"], '/q "two\\x0alines\\x09" "ü" ";" "#"'],
  ];
  for (const [words, line] of cases) assert.equal(commandLine(words), line);
});

Deno.test("a property list says what was meant, whatever the paths", {
  ignore: !succeeds("python3", "--version"),
}, async () => {
  using dir = tempDir();
  const home = dir.file(NASTY);
  const { kind, path, unit } = await printed(dir, "--launchd", "--home", home, "--slots", "3");
  assert.deepEqual([kind, path], ["launchd", `${HOME}/Library/LaunchAgents/queuectl.plist`]);
  Deno.writeTextFileSync(dir.file("plist"), unit);
  const script = "import json, plistlib, sys; print(json.dumps(plistlib.load(open(sys.argv[1], 'rb'))))";
  const { stdout } = new Deno.Command("python3", { args: ["-c", script, dir.file("plist")] }).outputSync();
  const list = JSON.parse(new TextDecoder().decode(stdout));
  const words: string[] = list.ProgramArguments;
  assert.deepEqual(words.slice(words.indexOf(MAIN_URL.href) + 1), [
    ...["worker", "start", "--leave", "--home", home, "--count", "1", "--slots", "3"],
  ]);
  assert.equal(list.StandardErrorPath, `${home}/logs/queuectl.log`);
  assert.deepEqual([list.KeepAlive, list.AbandonProcessGroup], [{ SuccessfulExit: false }, true]);
});

Deno.test("text is escaped for XML, and refused where XML cannot say it", () => {
  assert.equal(escapeXml(`<a> & "b" 'ü'\r\n`), `&lt;a&gt; &amp; "b" 'ü'&#13;\n`);
  assert.throws(() => escapeXml("\x1b"), { name: "BadInput" });
});

Deno.test("a unit names the program by its link on the PATH, which an upgrade leaves where it is", async () => {
  using dir = tempDir();
  Deno.symlinkSync(Deno.execPath(), dir.file("deno"));
  const PATH = `${dir.path}:${Deno.env.get("PATH")}`;
  const { stdout } = await queuectl(["service", "print", "--systemd"], { home: dir.home.dir, env: { PATH } });
  assert.match(stdout, new RegExp(`^ExecStart=${dir.file("deno")} run `, "m"));
});

Deno.test("service print says on stderr how to install the file, and makes nothing", async () => {
  using dir = tempDir();
  const { code, stdout, stderr } = await queuectl(["service", "print", "--systemd"], {
    home: dir.home.dir,
  });
  assert.equal(code, 0);
  assert.match(stdout, /^# Printed by queuectl service print\.\n\[Unit\]\n/);
  for (const part of ["daemon-reload", "enable --now queuectl.service", "loginctl enable-linger"]) {
    assert.ok(stderr.includes(part), stderr);
  }
  assert.deepEqual([...Deno.readDirSync(dir.path)], []);
});

const REFUSED: readonly [words: string[], message: RegExp][] = [
  [["--systemd", "--launchd"], /^Cannot use --systemd with --launchd/],
  [["--user", "ci"], /^Cannot use --user without --system/],
  [["--system", "--user", "a b"], /^Cannot use --user "a b": that is no name of a user/],
  [["--name", "../queuectl"], /^Cannot use --name "\.\.\/queuectl"/],
  [["--upstart"], /^Unknown flag --upstart/],
  [["--queue", "a b"], /^Cannot serve queue "a b"/],
];

for (const [words, message] of REFUSED) {
  Deno.test(`service print ${words.join(" ")} is refused`, async () => {
    using dir = tempDir();
    const { code, stdout, stderr } = await queuectl(["service", "print", ...words], { home: dir.home.dir });
    assert.deepEqual([code, stdout], [2, ""]);
    assert.match(stderr, message);
  });
}

Deno.test("a unit for another user needs to be told that user's home", async () => {
  const { code, stderr } = await queuectl(["service", "print", "--systemd", "--system", "--user", "ci"], {
    home: "",
  });
  assert.deepEqual([code, stderr], [2, "Cannot tell where the home of ci is: give --home DIR\n"]);
});

Deno.test(
  "root does not get to serve the home of another unasked",
  { ignore: Deno.uid() !== 0 },
  async () => {
    using dir = tempDir();
    Deno.mkdirSync(dir.home.dir);
    Deno.chownSync(dir.home.dir, 12345, null);
    const print = (...words: string[]) =>
      queuectl(["service", "print", "--systemd", "--system", ...words], { home: dir.home.dir });
    const { code, stderr } = await print();
    assert.equal(code, 2);
    assert.match(stderr, /^Cannot run workers as root on ".*": it is another's, give --user NAME/);
    assert.match((await print("--user", "root")).stdout, /^User=root$/m);
  },
);

Deno.test("with --leave a signal stops a worker at once, and the next one adopts what runs", async () => {
  using test = await testStore();
  const id = await test.enqueue("echo up >>up; until [ -e go ]; do sleep 0.1; done; echo done");
  await using first = await startWorker(test.home, ["--leave"]);
  const isUp = () => {
    try {
      return Deno.statSync(test.dir.file("up")).size > 0;
    } catch {
      return false;
    }
  };
  await until("the job is up", isUp);
  first.signal("SIGTERM");
  assert.equal(await first.ended, 0);
  assert.match(first.printed(), new RegExp(`left to the next worker, running: ${id}`));
  assert.equal((await test.store.get(id))!.state, "processing");
  await using _next = await startWorker(test.home, ["--leave"]);
  await until("it is adopted", async () => (await test.store.attempts(id))[0]!.adoptedFrom);
  Deno.writeTextFileSync(test.dir.file("go"), "");
  assert.equal((await test.reaches(id, "completed")).attempts, 1);
  assert.equal(await test.output(id), "done\n");
});
