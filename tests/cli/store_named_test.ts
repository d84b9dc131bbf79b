/**
 * @module
 * Which store is meant: `--store`, `QUEUECTL_STORE`, the home; what jobs and workers in the background are told of it,
 * and that nobody else learns the password. Slow.
 */
import assert from "node:assert/strict";
import { type Finished, MAIN, RUN_FLAGS, type RunOptions } from "../helpers/cli.ts";
import { queuectl as run } from "../helpers/cli_within.ts";
import { newAddress, ownServer, postgresServer, testWith } from "../helpers/postgres.ts";
import { tempDir } from "../helpers/temp.ts";
import { until } from "../helpers/until.ts";

const server = await postgresServer();
const SERVED = [
  ...RUN_FLAGS.filter((flag) => !flag.startsWith("--allow-env")),
  "--allow-net",
  "--allow-env",
  MAIN,
];

function queuectl(args: readonly string[], options: RunOptions): Promise<Finished> {
  return run(args, { program: SERVED, ...options });
}

/** What `store show` says, and its exit code. */
async function shown(options: RunOptions, ...flags: string[]): Promise<{ store: string; by: string }> {
  const { code, stdout, stderr } = await queuectl(["store", "show", "--json", ...flags], options);
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout);
}

testWith(server, "a store is named by the option, else by the variable, else by the home", async () => {
  using dir = tempDir();
  const home = dir.home.dir;
  const addresses = [newAddress(server), newAddress(server), newAddress(server)];
  for (const address of addresses) {
    assert.equal((await queuectl(["enqueue", "--quiet", "true", "--store", address], { home })).code, 0);
  }
  const [option, variable, kept] = addresses as [string, string, string];
  await queuectl(["store", "use", kept], { home });
  const env = { QUEUECTL_STORE: variable };
  const schemaOf = (address: string) => /schema=\w+/.exec(address)![0];
  const said = [
    await shown({ home, env }, "--store", option),
    await shown({ home, env }),
    await shown({ home, env: { QUEUECTL_STORE: "" } }),
  ];
  assert.deepEqual(said.map(({ by, store }) => [by, schemaOf(store)]), [
    ["option", schemaOf(option)],
    ["variable", schemaOf(variable)],
    ["home", schemaOf(kept)],
  ]);
  Deno.writeTextFileSync(dir.file("address"), `${option}\n`);
  const byFile = await shown({ home, env, cwd: dir.path }, "--store", "file:address");
  assert.equal(schemaOf(byFile.store), schemaOf(option));
  const none = await queuectl(["store", "show", "--store", "local"], { home });
  assert.deepEqual([none.code, none.stderr.includes("There is no store in")], [3, true]);
});

Deno.test("what names no store is refused in a sentence without its password", async () => {
  using dir = tempDir();
  const home = dir.home.dir;
  const cases: [string[], number, RegExp][] = [
    [["--store"], 2, /^Cannot use --store without an address: give --store ADDRESS, or --store local\n$/],
    [["--store="], 2, /^Cannot use --store without an address/],
    [
      ["--store", "postgresq://u:secret@h/x"],
      2,
      /^Cannot use the store "postgresq:\/\/u@h\/x": give postgres:/,
    ],
    [["--store", "file:/nowhere/x"], 3, /^Cannot use the store in "\/nowhere\/x": there is no such file\n$/],
  ];
  Deno.writeTextFileSync(dir.file("address"), "mysql://u:secret@h");
  cases.push([
    ["--store", `file:${dir.file("address")}`],
    2,
    /^Cannot use the store in ".*\/address": give postgres:/,
  ]);
  for (const [flags, code, sentence] of cases) {
    const done = await run(["list", ...flags], { home });
    assert.match(done.stderr, sentence);
    assert.doesNotMatch(done.stderr, /secret/);
    assert.equal(done.code, code);
  }
  assert.throws(() => Deno.statSync(home), Deno.errors.NotFound);
});

Deno.test("a variable that may not be read is told of, and no worker begins with another store", async () => {
  using dir = tempDir();
  const home = dir.home.dir;
  const blind = [
    ...RUN_FLAGS.map((flag) => flag.replace("QUEUECTL_STORE,", "")),
    MAIN,
  ];
  const env = { QUEUECTL_STORE: "postgres://u:secret@nowhere/x" };
  await run(["enqueue", "--quiet", "true"], { home, env, program: blind });
  const show = await run(["store", "show"], { home, env, program: blind });
  assert.match(show.stdout, /^local, /);
  assert.match(show.stderr, /^QUEUECTL_STORE is set and may not be read, .*--allow-env=QUEUECTL_STORE\n$/);
  const doctor = await run(["doctor"], { home, env, program: blind });
  assert.match(doctor.stdout, /warning +env permission +QUEUECTL_STORE is set and may not be read/);
  const start = await run(["worker", "start", "--burst"], { home, env, program: blind });
  assert.deepEqual([start.code, start.stdout], [4, ""]);
  assert.match(
    start.stderr,
    /^Cannot tell whose jobs to run: QUEUECTL_STORE is set .*--allow-env=QUEUECTL_STORE\n$/,
  );
  const unset = await run(["store", "show"], { home, program: blind });
  assert.equal(unset.stderr, "");
  const withOption = await run(["worker", "start", "--burst", "--store", "local"], {
    home,
    env,
    program: blind,
  });
  assert.equal(withOption.code, 0, withOption.stderr);
});

testWith(
  server,
  "jobs and workers in the background have the same store, and nobody sees the password",
  async () => {
    await using own = await ownServer({ password: "s3cr3t/p@ss" });
    using dir = tempDir();
    const home = dir.home.dir;
    const encoded = encodeURIComponent("s3cr3t/p@ss");
    const address = own.url.replace("queuectl@", `queuectl:${encoded}@`);
    Deno.writeTextFileSync(
      dir.file("queuectl"),
      `#!/bin/sh\nexec '${Deno.execPath()}' ${SERVED.join(" ")} "$@"\n`,
      {
        mode: 0o700,
      },
    );
    const env = { QUEUECTL_STORE: address };
    const command =
      `env > ${dir.file("env")}; tr '\\0' '\\n' </proc/$PPID/environ > ${dir.file("parent")}; ` +
      `${dir.file("queuectl")} enqueue --quiet --id child 'touch ${dir.file("ran")}'`;
    assert.equal((await queuectl(["enqueue", "--quiet", command], { home, env })).code, 0);
    const started = await queuectl(["worker", "start", "--detach", "--json"], { home, env });
    assert.equal(started.code, 0, started.stderr);
    const { pid } = JSON.parse(started.stdout);
    await until("the job of the job has run", () => {
      try {
        return Deno.statSync(dir.file("ran")).isFile;
      } catch {
        return false;
      }
    });
    const seen = ["cmdline", "environ"].map((name) => Deno.readTextFileSync(`/proc/${pid}/${name}`));
    const ps = await new Deno.Command("ps", { args: ["axeww"], env: {} }).output();
    seen.push(new TextDecoder().decode(ps.stdout));
    await queuectl(["worker", "stop", "--wait"], { home, env });
    for (const name of ["env", "parent"]) seen.push(Deno.readTextFileSync(dir.file(name)));
    for (const name of Deno.readDirSync(`${home}/logs`)) {
      seen.push(
        Deno.readTextFileSync(`${home}/logs/${name.name}`),
      );
    }
    for (const text of seen) assert.ok(!text.includes("s3cr3t"), text);
    assert.match(seen.at(-3)! + Deno.readTextFileSync(dir.file("env")), /QUEUECTL_STORE=file:\//);
    const files = [...Deno.readDirSync(`${home}/addresses`)];
    assert.equal(files.length, 1);
    assert.equal(Deno.statSync(`${home}/addresses/${files[0]!.name}`).mode! & 0o777, 0o600);
    const unit = await queuectl(["service", "print"], { home, env });
    assert.deepEqual([unit.code, unit.stdout], [2, ""]);
    assert.match(unit.stderr, /^Cannot put a password into a unit file: give --store file:PATH/);
  },
);
