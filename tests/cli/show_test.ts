/**
 * @module
 * What `show` prints for people: times in the zone of the machine, and commands of several lines as lines.
 */
import assert from "node:assert/strict";
import { queuectl } from "../helpers/cli_within.ts";
import { handWorker } from "../helpers/hand_worker.ts";
import { type TestStore, testStore } from "../helpers/worker.ts";

/** In a zone that is five and a half hours ahead. */
async function show({ home }: TestStore, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await queuectl(["show", ...args], { home, env: { TZ: "Asia/Kolkata" } });
  assert.deepEqual([code, stderr], [0, ""]);
  return stdout;
}

const LATE = Date.UTC(2130, 0, 1, 20, 15);

Deno.test("show tells times in the zone of the machine, and names it", async () => {
  using test = await testStore();
  const id = await test.enqueue("true", { runAt: LATE });
  const local = await show(test, id);
  assert.match(local, /^Runs at {4}2130-01-02 01:45:00 \+05:30 \(in \d+d/m);
  assert.match(local, /^Waits {6}it is scheduled for 2130-01-02 01:45:00 \+05:30$/m);
  assert.match(local, /^Created {4}\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \+05:30 \(/m);
  const utc = await show(test, id, "--utc");
  assert.match(utc, /^Runs at {4}2130-01-01 20:15:00 UTC \(/m);
  const json = JSON.parse(await show(test, id, "--json"));
  assert.deepEqual([json.run_at, json.waits_because[0]], [
    "2130-01-01T20:15:00.000Z",
    "it is scheduled for 2130-01-01T20:15:00.000Z",
  ]);
});

Deno.test("the table of attempts names the zone in its title", async () => {
  using test = await testStore();
  const id = await test.enqueue("true");
  await (await (await handWorker(test.store)).claim()).end();
  assert.match(
    await show(test, id),
    /STARTED \+05:30 .*\n +1 {2}completed {2}\d{4}-\d\d-\d\d \d\d:\d\d:\d\d {2}/,
  );
  assert.match(await show(test, id, "--utc"), /STARTED UTC /);
});

Deno.test("show prints a command of several lines as lines, without anything that a terminal would obey", async () => {
  using test = await testStore();
  const id = await test.enqueue("set -e\n\n  make\r\necho '\x1b[2J'\n");
  const shown = await show(test, id);
  const command = ["Command    set -e", "", "             make\\r", "           echo '\\e[2J'"].join("\n");
  assert.ok(shown.includes(`\n${command}\nQueue `), shown);
});
