/**
 * @module
 * Times in words for `--run-at`: understood, said again, and refused where they are none.
 */
import assert from "node:assert/strict";
import { queuectl } from "../helpers/cli_within.ts";
import { testStore } from "../helpers/worker.ts";

Deno.test("--run-at takes times as people say them, and what was understood is said on stderr", async () => {
  using test = await testStore();
  const { home } = test;
  const env = { TZ: "UTC" };
  const said = await queuectl(["enqueue", "--run-at", "2037-01-01 14:00 Europe/Berlin", "true"], {
    home,
    env,
  });
  assert.equal(said.stdout, "j1\n");
  assert.match(said.stderr, /^Not before 2037-01-01 13:00:00 UTC \(in \S+\)\n/);
  assert.equal((await test.store.get("j1"))!.runAt, Date.parse("2037-01-01T13:00Z"));
  const before = Date.now();
  await queuectl(["enqueue", '{"command": "true", "run_at": "in 2 hours"}'], { home });
  await queuectl(["enqueue", "--file", "-"], { home, stdin: '{"command": "true", "run_at": "+2h"}\n' });
  for (const id of ["j2", "j3"]) {
    const ahead = (await test.store.get(id))!.runAt! - before;
    assert.ok(ahead >= 7_200_000 && ahead < 7_200_000 + 120_000, `${ahead}`);
  }
  const edited = await queuectl(["edit", "j1", "--run-at", "2038-01-01"], { home, env });
  assert.match(edited.stderr, /^Not before 2038-01-01 00:00:00 UTC/);
  const delayed = await queuectl(["enqueue", "-d", "90 minutes", "true"], { home });
  assert.equal(delayed.code, 0);
});

Deno.test("with --json and --quiet nothing is said of it; ISO 8601 needs no saying", async () => {
  using test = await testStore();
  const { home } = test;
  for (const words of [["--json", "--run-at", "2037-01-01"], ["--quiet", "--run-at", "2037-01-01"]]) {
    assert.equal((await queuectl(["enqueue", ...words, "true"], { home })).stderr, "");
  }
  const iso = await queuectl(["enqueue", "--run-at", "2037-01-01T00:00Z", "true"], { home });
  assert.doesNotMatch(iso.stderr, /Not before/);
});

Deno.test("what is no time is refused with some that are", async () => {
  using test = await testStore();
  const done = await queuectl(["enqueue", "--run-at", "someday", "true"], { home: test.home });
  assert.deepEqual(done, {
    code: 2,
    stdout: "",
    stderr:
      'Cannot use run_at "someday": it takes a time, such as 2030-01-01T14:00:00Z, "tomorrow 9:00", "friday 18:00 Europe/Berlin" or +2h\n',
  });
});
