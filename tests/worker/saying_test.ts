/**
 * @module
 * What jobs say of themselves to real workers: progress, results, checkpoints, that they are put off, that they live.
 */
import assert from "node:assert/strict";
import { LARGEST_RESULT } from "../../src/domain/job.ts";
import { until } from "../helpers/until.ts";
import { startWorker, type TestStore, testStore } from "../helpers/worker.ts";

const GATE = "until [ -e go ]; do sleep 0.1; done; ";

function open(test: TestStore, gate = "go"): void {
  Deno.writeTextFileSync(test.dir.file(gate), "");
}

async function resultOf(test: TestStore, id: string, attempt = 1): Promise<string | undefined> {
  const bytes = await test.store.result(id, attempt);
  return bytes && new TextDecoder().decode(bytes);
}

function spoolIs(test: TestStore): string[] {
  const names: string[] = [];
  for (const { name } of Deno.readDirSync(`${test.home}/spool`)) {
    if (!name.includes(".")) {
      for (const file of Deno.readDirSync(`${test.home}/spool/${name}/said`)) names.push(file.name);
    }
  }
  return names;
}

const KINDS = [["through a slot's shell", ""], ["with a shell of its own", "sleep 0 & "]] as const;

for (const [how, before] of KINDS) {
  Deno.test(`progress shows while a job runs ${how}, and its result once it has ended`, async () => {
    using test = await testStore();
    await using _worker = await startWorker(test.home);
    const id = await test.enqueue(
      `${before}echo '{"progress": 40, "text": "step 3"}' >>"$QUEUECTL_SAY"; ${GATE}` +
        `echo '{"progress": 99.96}' >>"$QUEUECTL_SAY"; printf '{"n": 1}' >"$QUEUECTL_RESULT"`,
    );
    const job = await until("it says how far it is", async () => {
      const found = await test.store.get(id);
      return found?.progress ? found : undefined;
    });
    assert.deepEqual(job.progress, { percent: 40, text: "step 3" });
    open(test);
    await test.reaches(id, "completed");
    const [attempt] = await test.store.attempts(id);
    assert.deepEqual([attempt!.progress, attempt!.note], [{ percent: 100, text: "step 3" }, null]);
    assert.equal(await resultOf(test, id), '{"n": 1}');
    await until("nothing of it is left", () => spoolIs(test).length === 0);
  });
}

Deno.test("a job that says nothing leaves no trace, and its environment names where it could", async () => {
  using test = await testStore();
  await using _worker = await startWorker(test.home);
  const id = await test.enqueue(
    'ls "$(dirname "$QUEUECTL_SAY")"; echo "$QUEUECTL_RESULT" "$QUEUECTL_CHECKPOINT"',
  );
  await test.reaches(id, "completed");
  assert.match(
    await test.output(id),
    /^\S+\/said\/[0-9a-f-]{36}\.result \S+\/said\/[0-9a-f-]{36}\.checkpoint\n$/,
  );
  const [attempt] = await test.store.attempts(id);
  assert.deepEqual([attempt!.progress, attempt!.note, attempt!.resultSize], [null, null, null]);
});

Deno.test("lines that make no sense are told once, a result that is too large is not kept, and neither harms", async () => {
  using test = await testStore();
  await using _worker = await startWorker(test.home);
  const id = await test.enqueue(
    'printf "no\\n[]\\n{\\"progress\\": \\"x\\"}\\n{\\"text\\": \\"fine\\"}" >>"$QUEUECTL_SAY"; ' +
      `head -c ${LARGEST_RESULT + 1} /dev/zero >"$QUEUECTL_RESULT"`,
  );
  await test.reaches(id, "completed");
  const [attempt] = await test.store.attempts(id);
  assert.equal(
    attempt!.note,
    "3 lines it said made no sense, the first: no; its result is not kept: it is larger than 65536 bytes (64 KiB)",
  );
  assert.deepEqual(attempt!.progress, { percent: null, text: "fine" });
  assert.equal(attempt!.resultSize, null);
});

Deno.test("whatever a job puts in place of its files, its worker goes on", async () => {
  using test = await testStore();
  await using _worker = await startWorker(test.home);
  const id = await test.enqueue(
    'mkfifo "$QUEUECTL_SAY"; mkdir "$QUEUECTL_RESULT"; ln -s /dev/zero "$QUEUECTL_CHECKPOINT"',
  );
  const next = await test.enqueue("true");
  await test.reaches(id, "completed");
  await test.reaches(next, "completed");
});

Deno.test("a job that says far too much does not fill the disk, and what it said last holds", async () => {
  using test = await testStore();
  await using _worker = await startWorker(test.home);
  const id = await test.enqueue(
    'head -c 3000000 /dev/zero | tr "\\0" "x" >>"$QUEUECTL_SAY"; echo >>"$QUEUECTL_SAY"; ' +
      'until [ $(wc -c <"$QUEUECTL_SAY") -lt 262144 ]; do sleep 0.02; done; ' +
      'echo \'{"retry_in": 3600, "text": "still here"}\' >>"$QUEUECTL_SAY"; exit 75',
  );
  const job = await test.reaches(id, "scheduled");
  assert.equal(job.attempts, 0);
  const [attempt] = await test.store.attempts(id);
  assert.equal(attempt!.outcome, "snoozed");
  assert.equal(attempt!.progress!.text, "still here");
});

Deno.test("a job puts itself off by exit code 75 and retry_in, and only by both", async () => {
  using test = await testStore();
  await using _worker = await startWorker(test.home);
  const say = 'echo \'{"retry_in": "1h"}\' >>"$QUEUECTL_SAY"; ';
  const [both, code, wish] = [
    await test.enqueue(`${say}exit 75`),
    await test.enqueue("exit 75"),
    await test.enqueue(`${say}exit 74`),
  ];
  const off = await test.reaches(both, "scheduled");
  const [attempt] = await test.store.attempts(both);
  assert.deepEqual(
    [attempt!.outcome, attempt!.exitCode, off.attempts, off.runAt! - attempt!.finishedAt!, off.snoozedSince],
    ["snoozed", 75, 0, 3_600_000, attempt!.startedAt],
  );
  assert.equal(off.error, "put off by itself for 1h");
  for (const id of [code, wish]) {
    await test.reaches(id, "dead");
    assert.equal((await test.store.attempts(id))[0]!.outcome, "failed");
  }
});

Deno.test("a job that has put itself off for as long as it may has failed", async () => {
  using test = await testStore();
  await using _worker = await startWorker(test.home);
  const id = await test.enqueue(
    'sleep 0.01; echo \'{"retry_in": 1}\' >>"$QUEUECTL_SAY"; exit 75',
    { maxWaitMs: 1500 },
  );
  const job = await test.reaches(id, "dead");
  const outcomes = (await test.store.attempts(id)).map(({ outcome }) => outcome);
  assert.deepEqual([outcomes[0], outcomes.at(-1)], ["snoozed", "failed"]);
  assert.match(job.error!, /^exit code 75; it has put itself off for as long as it may/);
  assert.deepEqual([job.attempts, job.snoozedSince], [1, null]);
});

Deno.test("which ends are tried again, and after how long, is up to the job", async () => {
  using test = await testStore();
  await using _worker = await startWorker(test.home);
  const id = await test.enqueue("[ $QUEUECTL_ATTEMPT -lt 3 ] && exit 7; exit 2", {
    maxRetries: 9,
    noRetryOn: "2",
    backoff: "10ms",
  });
  const job = await test.reaches(id, "dead");
  assert.deepEqual([job.attempts, job.error], [3, "exit code 2; not tried again: no_retry_on names it"]);
  const other = await test.enqueue("kill -9 $$", { maxRetries: 9, retryOn: "1-200" });
  assert.equal((await test.reaches(other, "dead")).attempts, 1);
});

Deno.test("a job that is silent for too long is ended; one that prints or says anything is not", async () => {
  using test = await testStore();
  await using _worker = await startWorker(test.home, ["--slots", "3"]);
  const idleTimeoutMs = 4000;
  const silent = await test.enqueue("sleep 300 & wait", { idleTimeoutMs });
  const loop = (what: string) => `until [ -e go ]; do ${what}; sleep 0.2; done`;
  const prints = await test.enqueue(loop("echo up"), { idleTimeoutMs });
  const says = await test.enqueue(loop('echo \'{"alive": true}\' >>"$QUEUECTL_SAY"'), { idleTimeoutMs });
  const job = await test.reaches(silent, "dead");
  assert.equal(job.error, "neither printed nor said anything for 4s");
  assert.equal((await test.store.attempts(silent))[0]!.outcome, "idle");
  open(test);
  await test.reaches(prints, "completed", "dead");
  await test.reaches(says, "completed", "dead");
  assert.deepEqual(await test.store.states([prints, says]), ["completed", "completed"]);
});

Deno.test("a checkpoint is given to every further attempt, until the job is completed or removes it", async () => {
  using test = await testStore();
  await using _worker = await startWorker(test.home);
  const count = 'n=$(cat "$QUEUECTL_CHECKPOINT" 2>/dev/null || echo 0); echo "from $n"; ' +
    'echo $((n + 1)) >"$QUEUECTL_CHECKPOINT"; ';
  const id = await test.enqueue(`${count}[ $n = 2 ]`, { maxRetries: 5, backoff: "10ms" });
  const job = await test.reaches(id, "completed");
  const printed = await Promise.all([1, 2, 3].map((attempt) => test.output(id, attempt)));
  assert.deepEqual(printed, ["from 0\n", "from 1\n", "from 2\n"]);
  assert.equal(job.checkpointSize, null);
  const removes = await test.enqueue(
    'if [ -e "$QUEUECTL_CHECKPOINT" ]; then rm "$QUEUECTL_CHECKPOINT"; else echo 1 >"$QUEUECTL_CHECKPOINT"; fi; exit 1',
    { maxRetries: 1, backoff: "10ms" },
  );
  assert.equal((await test.reaches(removes, "dead")).checkpointSize, null);
});

Deno.test("a checkpoint is in the store while its job runs, once nobody is writing it", async () => {
  using test = await testStore();
  await using _worker = await startWorker(test.home);
  const id = await test.enqueue(`echo 17 >"$QUEUECTL_CHECKPOINT"; ${GATE}`);
  await until("it is stored", async () => (await test.store.get(id))!.checkpointSize === 3);
  open(test);
  await test.reaches(id, "completed");
});

Deno.test("what a job said before its worker was killed holds for whoever adopts it", async () => {
  using test = await testStore();
  const command =
    'echo \'{"progress": 7, "retry_in": "1h"}\' >>"$QUEUECTL_SAY"; echo 3 >"$QUEUECTL_CHECKPOINT"; ' +
    `printf done >"$QUEUECTL_RESULT"; echo up >up; ${GATE}exit 75`;
  const id = await test.enqueue(command);
  {
    await using worker = await startWorker(test.home);
    await until("it has said all", () => exists(test.dir.file("up")));
    worker.signal("SIGKILL");
    await worker.ended;
  }
  open(test);
  await using _heir = await startWorker(test.home);
  const job = await test.reaches(id, "scheduled");
  const [attempt] = await test.store.attempts(id);
  assert.deepEqual(
    [attempt!.outcome, attempt!.progress, job.checkpointSize, job.attempts],
    ["snoozed", { percent: 7, text: null }, 2, 0],
  );
  assert.equal(await resultOf(test, id), "done");
  await until("nothing of it is left", () => spoolIs(test).length === 0);
});

Deno.test("a checkpoint outlives its job's processes and their worker, killed together", async () => {
  using test = await testStore();
  const command = 'cat "$QUEUECTL_CHECKPOINT" 2>/dev/null && exit 0; echo 3 >"$QUEUECTL_CHECKPOINT"; ' +
    "echo $$ >pid; exec sleep 300";
  const id = await test.enqueue(command, { maxRetries: 1, backoff: "10ms" });
  {
    await using worker = await startWorker(test.home);
    const pid = await until("it has begun", () => exists(test.dir.file("pid")) ? readPid(test) : undefined);
    worker.signal("SIGKILL");
    await worker.ended;
    Deno.kill(pid, "SIGKILL");
  }
  await using _heir = await startWorker(test.home);
  await test.reaches(id, "completed");
  assert.equal(await test.output(id, 2), "3\n");
});

function readPid(test: TestStore): number {
  return Number(Deno.readTextFileSync(test.dir.file("pid")));
}

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}
