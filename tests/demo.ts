/**
 * @module
 * The demo: `deno task demo`. Real commands are queued in a temporary home, run by two workers, retried, timed out
 * and dead-lettered, with the program itself. At the end it checks that everything came out as it should, and exits
 * with 1 when something did not.
 */
import { systemClock } from "../src/system/clock.ts";
import type { JobJson } from "../src/views/job_json.ts";
import { showProgress } from "./demo/live.ts";
import { paint, Stage } from "./demo/stage.ts";
import { checkWorkflows, enqueueWorkflows } from "./demo/workflows.ts";

const BULK_JOBS = 300;
/** An unusual length of time, by which the processes of one job can be told from all others. */
const NAP = "299.0417";

const start = systemClock.monotonicMs();
let allWell: boolean;
{
  using stage = new Stage();
  await stage.read('"$DENO" cache "$MAIN"'); // else commands of which a part was never loaded would fetch, and say so
  await play(stage);
  allWell = await check(stage);
}
const seconds = ((systemClock.monotonicMs() - start) / 1000).toFixed(1);
console.log(
  `\n${
    allWell ? "Everything came out as it should" : paint("red", "Something went wrong")
  }, in ${seconds} s.`,
);
Deno.exitCode = allWell ? 0 : 1;

async function play(stage: Stage): Promise<void> {
  say("A queue of shell commands. Each of these is stored before its id is printed.");
  await stage.run(`queuectl enqueue "echo 'Hello world'"`);
  await stage.run(`queuectl enqueue --id both 'echo "this goes to stdout"; echo "and this to stderr" >&2'`);

  say("It fails twice, then it works. Failed jobs are tried again after 2, 4, 8 … seconds.");
  await stage.run(
    `queuectl enqueue --id flaky 'echo "attempt $QUEUECTL_ATTEMPT"; test "$QUEUECTL_ATTEMPT" -ge 3'`,
  );

  say("It never works: after its retries it ends in the dead letter queue. Jobs can also be given as JSON.");
  await stage.run(
    `queuectl enqueue '{"id":"hopeless","command":"echo no luck >&2; exit 7","max_retries":1}'`,
  );

  say("It takes too long, and so does the child it leaves in the background. Both will be ended.");
  await stage.run(
    `queuectl enqueue --id slow --timeout 1 --max-retries 0 'sleep ${NAP} & sleep ${NAP}; echo never'`,
  );

  say(`A job for later, ${BULK_JOBS} from a file, and one that goes first.`);
  await stage.run(`queuectl enqueue --id later --delay 5 'date'`);
  const lines = Array.from({ length: BULK_JOBS }, (_, i) => `echo $((${i} * ${i})) >>squares.txt`);
  stage.write("bulk.txt", lines.join("\n"));
  await stage.run(
    "head -n 2 bulk.txt; queuectl enqueue --file bulk.txt --queue bulk --priority 10 | tail -n 1",
  );
  await stage.run("queuectl enqueue --id urgent --priority -10 'echo me first'");
  await stage.run("queuectl status");

  await enqueueWorkflows(stage, say);

  say("Two workers, until nothing is left to run or to retry.");
  const workers = stage.start("queuectl worker start --count 2 --burst >worker.log");
  const endProgress = showProgress(stage);
  const { code } = await workers.status;
  await endProgress();
  if (code !== 0) throw new Error(`The workers ended with exit code ${code}`);

  say("What became of it.");
  await stage.run("tail -n 4 worker.log");
  await stage.run("queuectl status");
  await stage.run("queuectl metrics");
  await stage.run("queuectl dlq list");
  await stage.run("queuectl show flaky");
  await stage.run("queuectl logs both");
}

/** Looks whether all jobs ended as they should. */
async function check(stage: Stage): Promise<boolean> {
  const listed = await stage.read("queuectl list --json --limit 1000");
  const jobs: JobJson[] = JSON.parse(listed).jobs;
  const job = (id: string) => jobs.find((one) => one.id === id)!;
  const ms = (time: string | null) => Date.parse(time!);
  const slow = job("slow");
  const later = job("later");
  const squares = (await stage.read("sort -n squares.txt | uniq")).trim().split("\n").map(Number);
  const left = await stage.read(`grep -ls -- '${NAP.replace(".", "[.]")}' /proc/[0-9]*/cmdline`);

  say("Checked:");
  const checks: [string, boolean][] = [
    [
      "urgent, queued last, ran first",
      jobs.every((one) => !one.started_at || ms(one.started_at) >= ms(job("urgent").started_at)),
    ],
    [
      "flaky completed at its third attempt",
      job("flaky").state === "completed" && job("flaky").attempts === 3,
    ],
    [
      "hopeless is dead after two attempts, with exit code 7",
      isDead(job("hopeless"), 2) && job("hopeless").exit_code === 7,
    ],
    [
      "slow was ended after about a second",
      isDead(slow, 1) && isNear(ms(slow.finished_at) - ms(slow.started_at), 1000),
    ],
    ["and left no process behind", left === ""],
    [
      "later waited for its time",
      later.state === "completed" && ms(later.started_at) - ms(later.created_at) >= 5000,
    ],
    [
      `each of the ${BULK_JOBS} ran exactly once`,
      squares.length === BULK_JOBS && squares.every((n, i) => n === i * i),
    ],
    ["both streams of a job were kept", await hasBothStreams(stage)],
    ...await checkWorkflows(stage, jobs),
    ["nothing is left to do", jobs.every(({ state }) => ["completed", "dead", "skipped"].includes(state))],
  ];
  for (const [what, holds] of checks) {
    console.log(`  ${holds ? paint("green", "✓") : paint("red", "✗")} ${what}`);
  }
  return checks.every(([, holds]) => holds);
}

function isDead({ state, attempts }: JobJson, after: number): boolean {
  return state === "dead" && attempts === after;
}

/** Not too early, and not much too late even on a busy machine. */
function isNear(ms: number, expectedMs: number): boolean {
  return ms >= expectedMs - 5 && ms < expectedMs + 3000;
}

async function hasBothStreams(stage: Stage): Promise<boolean> {
  const stdout = await stage.read("queuectl logs both --stdout");
  const stderr = await stage.read("queuectl logs both --stderr");
  return stdout === "this goes to stdout\n" && stderr === "and this to stderr\n";
}

function say(text: string): void {
  console.log(`\n${paint("cyan", text)}`);
}
