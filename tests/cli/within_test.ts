/**
 * @module
 * A command that is run within a test says what its process says, and leaves the test alone: every command once.
 */
import assert from "node:assert/strict";
import { queuectl as asProcess } from "../helpers/cli.ts";
import { queuectl } from "../helpers/cli_within.ts";
import { tempDir } from "../helpers/temp.ts";

/** Lines that a home sees one after the other, and what is on their stdin. They print no times. */
const LINES: readonly (readonly [line: string, stdin?: string])[] = [
  ["--help"],
  ["frobnicate --json"],
  ["version"],
  ["status"],
  ["metrics --json"],
  ["enqueue --id a --queue mail echo"],
  ["enqueue --file - --json", "echo 1\necho 2\n"],
  ["enqueue --group g --each - -- echo", "x\n"],
  ["enqueue -e NOT_TO_BE_READ true"],
  ["enqueue --env-all true"],
  ["list --format {id}:{state}"],
  ["show none"],
  ["needs a"],
  ["logs a"],
  ["result a"],
  ["edit a --priority 4"],
  ["hold a"],
  ["release a"],
  ["pause a"],
  ["resume a"],
  ["cancel a"],
  ["retry a"],
  ["wait a --timeout 0.01 --quiet"],
  ["delete a"],
  ["dlq list"],
  ["queue list --json"],
  ["group list --json"],
  ["schedule list --json"],
  ["worker list"],
  ["config set max_retries 5"],
  ["config get max_retries"],
  ["progress 40"],
  ["snooze 5"],
  ["alive"],
  ["store show"],
  ["prune --older-than 1d"],
  ["backup"],
  ["doctor --quiet --json"],
  ["completions bash"],
];

/** Without what differs from home to home. */
function said(finished: { stdout: string; stderr: string }, home: string) {
  const neutral = (text: string) =>
    text.replaceAll(home, "HOME").replace(/\d{4}-\d\d-\d\dT[\d:.]+Z|[\d.]+ ms\b/g, "TIME");
  return { ...finished, stdout: neutral(finished.stdout), stderr: neutral(finished.stderr) };
}

Deno.test("a command within a test says what its process says", async () => {
  using dir = tempDir();
  const homes = [dir.file("as-process"), dir.file("within")] as const;
  for (const [line, stdin] of LINES) {
    const [one, other] = await Promise.all([
      asProcess(line.split(" "), { home: homes[0], stdin }),
      queuectl(line.split(" "), { home: homes[1], stdin }),
    ]);
    assert.deepEqual(said(other, homes[1]), said(one, homes[0]), line);
  }
});

Deno.test("commands within a test at the same time have surroundings of their own, and the test has its own", async () => {
  using dir = tempDir();
  const says = ["one", "two", "three"].map(async (name) => {
    const env = { QUEUECTL_SAY: dir.file(name) };
    Deno.writeTextFileSync(env.QUEUECTL_SAY, "");
    const { code } = await queuectl(["progress", "5", name], { home: dir.path, env });
    return [code, Deno.readTextFileSync(env.QUEUECTL_SAY)];
  });
  const mine = Deno.env.get("PATH");
  assert.deepEqual(
    await Promise.all(says),
    ["one", "two", "three"].map((text) => [0, `{"progress":5,"text":"${text}"}\n`]),
  );
  assert.equal(Deno.env.get("PATH"), mine);
  assert.equal(Deno.permissions.querySync({ name: "net" }).state, "granted");
});
