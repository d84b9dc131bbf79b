/**
 * @module
 * What `queuectl doctor` finds around the store: permissions, the home and its owner, the disk, the clock, and what piles
 * up. What it finds in the store is in `cli_upkeep_test.ts`.
 */
import assert from "node:assert/strict";
import { checkClock } from "../../src/cli/commands/doctor/clock.ts";
import { checkDisk, checkFileSystem } from "../../src/cli/commands/doctor/disk.ts";
import type { Finding } from "../../src/cli/commands/doctor/finding.ts";
import { Context } from "../../src/cli/line/context.ts";
import { systemClock } from "../../src/system/clock.ts";
import { readDf } from "../../src/worker/process/posix/disk.ts";
import { MAIN } from "../helpers/cli.ts";
import { queuectl } from "../helpers/cli_within.ts";
import { newJob } from "../helpers/jobs.ts";
import { mayMount, smallDisk } from "../helpers/small_disk.ts";
import { tempDir } from "../helpers/temp.ts";
import { testStore } from "../helpers/worker.ts";

interface Diagnosis {
  code: number;
  findings: Finding[];
  /** What one check found, as `level: found`. */
  of(check: string): string[];
}

function diagnosis(code: number, stdout: string): Diagnosis {
  const findings: Finding[] = JSON.parse(stdout);
  const of = (check: string) =>
    findings.filter((one) => one.check === check).map(({ level, found }) => `${level}: ${found}`);
  return { code, findings, of };
}

async function doctor(home: string, env: Record<string, string> = {}): Promise<Diagnosis> {
  const { code, stdout, stderr } = await queuectl(["doctor", "--json"], { home, env });
  assert.equal(stderr, "");
  return diagnosis(code, stdout);
}

/** The same with these permissions only. */
async function doctorWith(flags: readonly string[], home: string): Promise<Diagnosis> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", ...flags, MAIN, "doctor", "--json", "--home", home],
  }).output();
  const text = new TextDecoder();
  assert.equal(text.decode(stderr), "");
  return diagnosis(code, text.decode(stdout));
}

/** Whether a check came to what it should: words of what it found, after its level. */
function finds(found: readonly string[], expected: RegExp): void {
  assert.equal(found.length, 1, JSON.stringify(found));
  assert.match(found[0]!, expected);
}

const isRoot = Deno.build.os !== "windows" && Deno.uid() === 0;

Deno.test("doctor checks everything with read and write of the home only, but for what takes a shell", async () => {
  using test = await testStore();
  const flags = [`--allow-read=${test.home}`, `--allow-write=${test.home}`];
  const { code, findings, of } = await doctorWith(flags, test.home);
  assert.equal(code, 0, JSON.stringify(findings));
  finds(of("read permission"), /^ok: /);
  finds(of("write permission"), /^ok: /);
  const [ofHome, ofStore, ...others] = of("env permission");
  assert.equal(ofHome, "warning: QUEUECTL_HOME and HOME may not be read, so the home has to be named");
  assert.match(ofStore!, /^warning: QUEUECTL_STORE may not be read/);
  assert.deepEqual(others, []);
  finds(of("permissions"), /^warning: no shell may be run, so no worker can$/);
  for (const check of ["store", "integrity", "home", "clock"]) finds(of(check), /^ok: /);
  for (const check of ["file system", "shell"]) finds(of(check), /^warning: not checked/);
  finds(of("space"), /^warning: at least 8 MiB free; only df can tell how much$/);
  assert.deepEqual([...Deno.readDirSync(test.home)].filter(({ name }) => name.startsWith("doctor-")), []);
});

Deno.test("doctor says which permission is missing, and goes on", async () => {
  using test = await testStore();
  const readOnly = await doctorWith([`--allow-read=${test.home}`, "--allow-run=sh"], test.home);
  assert.equal(readOnly.code, 1);
  finds(readOnly.of("read permission"), /^ok: /);
  finds(readOnly.of("write permission"), /^problem: the home may not be written, so no command works$/);
  for (const check of ["permissions", "home", "shell"]) finds(readOnly.of(check), /^ok: /);
  finds(readOnly.of("clock"), /^warning: not compared/);

  const nothing = await doctorWith([], test.home);
  assert.equal(nothing.code, 1);
  finds(nothing.of("read permission"), /^problem: /);
  const advice = nothing.findings.find(({ check }) => check === "read permission")!.advice!;
  assert.ok(advice.includes(`--allow-read=${test.home}`), advice);
  for (const check of ["store", "home"]) finds(nothing.of(check), /^problem: /);
  for (const { level, advice } of nothing.findings) assert.equal(advice === null, level === "ok");
});

Deno.test("doctor with the usual permissions finds the disk and the clock in order", async () => {
  using test = await testStore();
  const { code, of } = await doctor(test.home);
  assert.equal(code, 0);
  const mayBeRead = ["QUEUECTL_HOME and HOME", "QUEUECTL_STORE"].map((what) => `ok: ${what} may be read`);
  assert.deepEqual(of("env permission"), mayBeRead);
  finds(of("file system"), /^ok: \S+/);
  finds(of("space"), /^(?:ok|warning): [\d.]+ GiB free$/);
  finds(of("clock"), /^ok: /);
});

Deno.test("doctor follows a link to the home, and says where one leads that leads nowhere", async () => {
  using test = await testStore();
  const link = test.dir.file("link");
  Deno.symlinkSync(test.home, link);
  finds((await doctor(link)).of("home"), new RegExp(`^ok: ${link}, a link to ${test.home}$`));
  Deno.removeSync(link);
  Deno.symlinkSync(test.dir.file("gone"), link);
  const broken = await doctor(link);
  assert.equal(broken.code, 1);
  finds(
    broken.of("home"),
    new RegExp(`^problem: ${link}, a link to ${test.dir.file("gone")} cannot be read$`),
  );
});

Deno.test("doctor notices what belongs to another user", { ignore: !isRoot }, async () => {
  using test = await testStore();
  await test.enqueue("true");
  Deno.chownSync(`${test.home}/doorbell`, 12345, null);
  const mixed = await doctor(test.home);
  finds(mixed.of("home"), /^warning: it is user 0's, but another's is \S+\/doorbell$/);
  Deno.chownSync(test.home, 12345, null);
  const { code, of } = await doctor(test.home);
  assert.equal(code, 0);
  assert.match(of("home")[0]!, /^warning: \S+ belongs to user 12345, and you are user 0$/);
});

Deno.test("doctor finds a full disk with a shell and without", { ignore: !mayMount() }, async () => {
  using disk = smallDisk();
  await queuectl(["enqueue", "true"], { home: disk.home.dir });
  const full = /^problem: (?:0\.0 GiB|less than 8 MiB) free$/;
  finds((await doctor(disk.home.dir)).of("space"), full);
  const flags = [`--allow-read=${disk.home.dir}`, `--allow-write=${disk.home.dir}`];
  const { code, of } = await doctorWith(flags, disk.home.dir);
  assert.equal(code, 1);
  finds(of("space"), full);
});

Deno.test("doctor warns of a file system that several machines share", async () => {
  using test = await testStore();
  const bin = test.dir.file("bin");
  Deno.mkdirSync(bin);
  const says = (lines: string) =>
    Deno.writeTextFileSync(`${bin}/df`, `#!/bin/sh\ncat <<'.'\n${lines}\n.\n`, { mode: 0o755 });
  const PATH = `${bin}:${Deno.env.get("PATH")}`;
  says(`${TYPED}\nnas:/home/you nfs4 264212084 30301404 76089508 29% /home/you`);
  const { code, of } = await doctor(test.home, { PATH });
  assert.equal(code, 0);
  finds(of("file system"), /^warning: nfs4 is shared with other machines/);
  finds(of("space"), /^ok: 72\.6 GiB free$/);
  says("df: command not understood");
  const unknown = await doctor(test.home, { PATH });
  finds(unknown.of("file system"), /^warning: not checked/);
  finds(unknown.of("space"), /^warning: at least 8 MiB free/);
});

const TYPED = "Filesystem Type 1024-blocks Used Available Capacity Mounted on";
const UNTYPED = "Filesystem 1024-blocks Used Available Capacity Mounted on";

const DISKS: readonly [level: Finding["level"], header: string, line: string, name: string][] = [
  ["ok", TYPED, "/dev/vda ext4 264212084 30301404 76089508 29% /", "ext4"],
  ["ok", TYPED, "overlay overlay 100 50 76089508 50% /var/lib my docker", "overlay"],
  ["ok", TYPED, "pool/home zfs 100 50 76089508 50% /home", "zfs"],
  ["warning", TYPED, "//server/my share cifs 100 50 76089508 50% /mnt/my share", "cifs"],
  ["warning", TYPED, "you@host:/srv fuse.sshfs 100 50 76089508 50% /mnt", "fuse.sshfs"],
  ["warning", TYPED, "C:\\ 9p 100 50 76089508 50% /mnt/c", "9p"],
  ["warning", TYPED, "tools 2 virtiofs 100 50 76089508 50% /mnt/c", "virtiofs"],
  ["ok", UNTYPED, "/dev/disk3s1s1 100 50 76089508 50% /", "/dev/disk3s1s1"],
  ["ok", UNTYPED, "map auto_home 100 50 76089508 50% /home", "map auto_home"],
  ["warning", UNTYPED, "nas.local:/export/my home 100 50 76089508 50% /home", "nas.local:/export/my home"],
  ["warning", UNTYPED, "//you@nas/share 100 50 76089508 50% /Volumes/share", "//you@nas/share"],
];

for (const [level, header, line, name] of DISKS) {
  Deno.test(`df says "${line}": ${level}`, () => {
    const disk = readDf(`${header}\n${line}\n`)!;
    assert.equal(disk.available, 76089508 * 1024);
    const finding = checkFileSystem(disk);
    assert.deepEqual([finding.level, finding.found.startsWith(name)], [level, true], finding.found);
  });
}

Deno.test("a reserve that its worker had no time to make whole is no sign of a full disk", () => {
  using dir = tempDir();
  Deno.mkdirSync(dir.home.dir, { mode: 0o700 });
  Deno.writeFileSync(dir.home.reserve, new Uint8Array(64 * 1024));
  const reserve = (available: number) =>
    checkDisk({ home: dir.home } as Context, { source: "/dev/sda1", type: "ext4", available })
      .find(({ check }) => check === "reserve")!;
  assert.equal(reserve(2 ** 40).level, "ok");
  assert.equal(reserve(2 ** 27).level, "warning");
});

Deno.test("doctor notices that the clock was set back", async () => {
  using test = await testStore();
  const later = Date.now() + 3 * 3_600_000;
  await test.store.enqueue([newJob({ command: "true" })], { now: later, idFormat: "short" });
  const { code, of } = await doctor(test.home);
  assert.equal(code, 0);
  finds(
    of("clock"),
    /^warning: was set back: the store knows of something that happened in (?:3h|2h5\dm(?:\d+s)?)$/,
  );
});

Deno.test("doctor notices what happened in the future to jobs that are gone", async () => {
  using test = await testStore();
  const id = await test.enqueue("true");
  await test.store.cancel([id], Date.now());
  const [other] = await test.store.enqueue([newJob({ command: "true" })], {
    now: Date.now() + 3 * 3_600_000,
    idFormat: "short",
  });
  await test.store.delete([other!]);
  finds((await doctor(test.home)).of("clock"), /^warning: was set back/);
});

Deno.test("a job for later is no sign of a wrong clock", async () => {
  using test = await testStore();
  await test.enqueue("true", { runAt: Date.now() + 86_400_000 });
  finds((await doctor(test.home)).of("clock"), /^ok: /);
});

Deno.test("doctor notices that this machine's clock is behind the disk's", async () => {
  using dir = tempDir();
  Deno.mkdirSync(dir.home.dir);
  const context = new Context({
    words: [],
    literal: undefined,
    store: undefined,
    home: dir.home.dir,
    json: false,
    quiet: false,
  });
  const clock = { ...systemClock, now: () => Date.now() - 600_000 };
  Object.assign(context, { clock });
  const findings = await Array.fromAsync(checkClock(context));
  await context[Symbol.asyncDispose]();
  assert.deepEqual(findings.map(({ level, found }) => [level, found]), [
    ["warning", "the home's file system is 10m ahead of this machine"],
  ]);
});

Deno.test("doctor tells when logs pile up", async () => {
  using test = await testStore();
  assert.deepEqual((await doctor(test.home)).of("logs"), []);
  const { logs } = test.dir.home;
  Deno.mkdirSync(logs);
  Deno.writeTextFileSync(`${logs}/worker-a.log`, "x".repeat(100_000));
  finds((await doctor(test.home)).of("logs"), /^ok: 1 file, 0\.1 MB$/);
  // a hole takes no room, and is as long as it says
  Deno.truncateSync(`${logs}/worker-a.log`, 300e6);
  const { code, findings, of } = await doctor(test.home);
  assert.equal(code, 0);
  finds(of("logs"), /^warning: 1 file, 300\.0 MB$/);
  const { advice } = findings.find(({ check }) => check === "logs")!;
  assert.equal(advice, `find ${logs} -name '*.log' -mtime +30 -delete`);
});
