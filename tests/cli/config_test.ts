/**
 * @module
 * `queuectl config`, as real processes.
 */
import assert from "node:assert/strict";
import { SETTINGS } from "../../src/domain/settings.ts";
import { queuectl } from "../helpers/cli_within.ts";
import { tempDir } from "../helpers/temp.ts";

/** Runs `queuectl config …` in turn on one home and returns what each printed. */
async function config(home: string, ...commands: string[][]): Promise<string[]> {
  const printed: string[] = [];
  for (const words of commands) {
    const { code, stdout, stderr } = await queuectl(["config", ...words], { home });
    printed.push(code === 0 ? stdout.trimEnd() : `${code} ${stderr.trimEnd()}`);
  }
  return printed;
}

Deno.test("config get prints the value of a setting under all of its names", async () => {
  using dir = tempDir();
  const names = [
    "backoff-base",
    "backoff_base",
    "max_retries_default",
    "lease",
    "retention",
    "backoff_factor",
  ];
  const printed = await config(dir.home.dir, ...names.map((name) => ["get", name]));
  assert.deepEqual(printed, ["2", "2", "3", "30", "30d", "unset"]);
});

Deno.test("config set changes one setting by name, or several by flags", async () => {
  using dir = tempDir();
  const printed = await config(
    dir.home.dir,
    ["set", "max-retries", "7"],
    ["set", "poll_interval", "1.5"],
    ["set", "priority", "-5"],
    ["set", "--max-retries", "5", "--backoff_base", "2", "--backoff-factor", "3"],
    ["get", "max-retries"],
    ["get", "poll_interval"],
    ["get", "priority"],
  );
  assert.deepEqual(printed, [
    "max_retries is 7",
    "poll_interval is 1.5",
    "priority is -5",
    "max_retries is 5\nbackoff_base is 2\nbackoff_factor is 3",
    "5",
    "1.5",
    "-5",
  ]);
});

Deno.test("config set stores nothing when one of several values makes no sense", async () => {
  using dir = tempDir();
  const printed = await config(
    dir.home.dir,
    ["set", "--max-retries", "7", "--backoff-base", "abc"],
    ["get", "max-retries"],
  );
  assert.deepEqual(printed, ['2 Cannot set backoff_base to "abc": it takes a number from 0 to 86400', "3"]);
});

Deno.test("config refuses unknown settings, values outside their range, and commands that set nothing", async () => {
  using dir = tempDir();
  const printed = await config(
    dir.home.dir,
    ["get", "max_retry"],
    ["set", "colour", "red"],
    ["set", "backoff_base", "-1"],
    ["set", "backoff_base", "Infinity"],
    ["set", "id_format", "long"],
    ["set", "lease"],
    ["set"],
    ["set", "lease", "10", "--lease", "20"],
    ["reset", "colour"],
  );
  assert.deepEqual(printed.map((line) => line.replace(/(?<="): there are max_retries, .*, shell$/, ": …")), [
    '2 Unknown setting "max_retry", did you mean max_retries?',
    '2 Unknown setting "colour": …',
    '2 Cannot set backoff_base to "-1": it takes a number from 0 to 86400',
    '2 Cannot set backoff_base to "Infinity": it takes a number from 0 to 86400',
    '2 Cannot set id_format to "long": it takes short or uuid',
    "2 Cannot set lease without a value",
    "2 Nothing to set: give KEY VALUE, or flags such as --max-retries 5",
    "2 Cannot set lease to two values at once",
    '2 Unknown setting "colour": …',
  ]);
});

Deno.test("config set refuses a shell that is not there or runs no commands, where programs may be run", async () => {
  using dir = tempDir();
  const printed = await config(
    dir.home.dir,
    ["set", "shell", "no-such-shell"],
    ["set", "shell", "cat"],
    ["set", "shell", "bash"],
  );
  assert.deepEqual(printed, [
    '2 Cannot set shell to "no-such-shell": there is no such program',
    '2 Cannot set shell to "cat": it does not run a command as SHELL -c COMMAND',
    "shell is bash",
  ]);
});

Deno.test("config reset puts one setting back, or all", async () => {
  using dir = tempDir();
  const printed = await config(
    dir.home.dir,
    ["set", "--lease", "10", "--timeout", "1m", "--shell", "bash"],
    ["reset", "lease"],
    ["get", "lease"],
    ["get", "timeout"],
    ["reset"],
    ["get", "timeout"],
  );
  assert.deepEqual(printed.filter((_, i) => [1, 2, 3, 5].includes(i)), ["lease is 30", "30", "1m", "0"]);
});

Deno.test("config list and its alias show every setting, with durations in seconds as JSON", async () => {
  using dir = tempDir();
  const [, list, show, json] = await config(
    dir.home.dir,
    ["set", "timeout", "90s"],
    ["list"],
    ["show"],
    ["list", "--json"],
  );
  assert.equal(list, show);
  assert.match(list!, /^timeout +1m30s +yes /m);
  assert.match(list!, /^lease +30 +default /m);
  const entries = JSON.parse(json!);
  assert.deepEqual(entries.map((one: { key: string }) => one.key), SETTINGS.map(({ key }) => key));
  const timeout = entries.find((one: { key: string }) => one.key === "timeout");
  assert.deepEqual([timeout.value, timeout.default, timeout.set], [90, 0, true]);
});
