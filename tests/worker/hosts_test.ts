/**
 * @module
 * Workers on several hosts with one store on a server: what people on one see and do of the others, and what happens when
 * hosts are cut off or lost. Takes root and Linux, for networks of its own. Slow.
 */
import assert from "node:assert/strict";
import type { Job } from "../../src/domain/job.ts";
import { openPostgresStore } from "../../src/store/postgres/open.ts";
import type { Store } from "../../src/store/contract.ts";
import { newJob } from "../helpers/jobs.ts";
import { type Host, type Network, network, NO_NETWORK } from "../helpers/network.ts";
import { newAddress, postgresServer, type Server, testWith } from "../helpers/postgres.ts";
import { readUntil } from "../helpers/printed.ts";
import { until } from "../helpers/until.ts";

const server: Server = NO_NETWORK === undefined ? await postgresServer() : { missing: NO_NETWORK };

/** A test with hosts and their store. */
function test(
  sentence: string,
  hosts: number,
  run: (network: Network & { store: Store }) => Promise<void>,
): void {
  testWith(server, sentence, async () => {
    const address = newAddress(server);
    await using net = await network(server, { hosts, address });
    const store = await openPostgresStore(address, net.dir.home, {});
    try {
      await run(Object.assign(net, { store }));
    } finally {
      store.close();
    }
  });
}

async function enqueue(store: Store, net: Network, job: Parameters<typeof newJob>[0]): Promise<string> {
  const [id] = await store.enqueue([newJob({ cwd: net.dir.path, ...job })], {
    now: Date.now(),
    idFormat: "short",
  });
  return id!;
}

/** Runs the program on a host to its end, and returns what it printed. */
async function printed(host: Host, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await host.start(args).output();
  const text = new TextDecoder();
  assert.equal(code, 0, text.decode(stderr));
  return text.decode(stdout);
}

/** Starts a worker there and waits until it is announced. */
async function work(host: Host, ...args: string[]): Promise<() => string> {
  const child = host.start(["worker", "start", ...args]);
  return (await readUntil(child, { what: `${host.name} works`, pattern: / started\n/ })).printed;
}

function reaches(store: Store, id: string, when: (job: Job) => boolean, what: string): Promise<Job> {
  return until(`${id} ${what}`, async () => {
    const job = await store.get(id);
    return job && when(job) ? job : undefined;
  });
}

test("a job on another host is followed, paused, resumed, cancelled and shown from here", 2, async (net) => {
  const { store, hosts: [here, there] } = net;
  const talks = await enqueue(store, net, {
    command: "echo one; until [ -e go ]; do sleep 0.1; done; echo two",
  });
  const long = await enqueue(store, net, { command: "sleep 300" });
  const lacking = await enqueue(store, net, { command: "true", cwd: "/no-such-directory", maxRetries: 0 });
  const missing = await enqueue(store, net, { command: "no-such-program-here", maxRetries: 0 });
  const [following] = await Promise.all([
    readUntil(here!.start(["logs", "--follow", talks]), { what: "its output is seen", pattern: /one\n/ }),
    work(there!, "--slots", "4"),
  ]);
  for (
    const [id, error] of [[lacking, /directory .* is gone \(on h2\)$/], [missing, /127 \(on h2\)$/]] as const
  ) {
    assert.match((await reaches(store, id, ({ state }) => state === "dead", "is dead")).error!, error);
  }
  await printed(here!, "pause", talks);
  await until("it stands still", async () => (await store.attempts(talks))[0]!.unstopped === 0);
  const seen = await Promise.all([
    printed(here!, "show", talks),
    printed(here!, "worker", "list"),
    printed(here!, "cancel", long),
    printed(here!, "resume", talks),
  ]);
  assert.match(seen[0], /^Worker +worker-\w+ on h2$/m);
  assert.match(seen[1], / h2 /);
  await reaches(store, long, ({ state }) => state === "cancelled", "is cancelled");
  Deno.writeTextFileSync(net.dir.file("go"), "");
  assert.equal(await following.ended, 0);
  assert.match(following.printed(), /^(No worker is running.*\n)?one\ntwo\n$/);
  const stop = async (host: string) => {
    const { code, stderr } = await here!.start(["worker", "stop", "--wait", "--host", host]).output();
    return [code, new TextDecoder().decode(stderr)];
  };
  assert.deepEqual(await stop("h3"), [
    1,
    'Cannot stop workers on "h3": none is known there; see worker list; there is: h2\n',
  ]);
  assert.deepEqual(await stop("h2"), [0, ""]);
  assert.deepEqual(await store.workers(), []);
});

/** Ends when `go` is there. Notes where it starts, and whether it runs already: its lock ends with its last process. */
const EXCLUSIVE = `
  exec 9>"lock.$QUEUECTL_JOB_ID"; flock -n 9 || echo "$QUEUECTL_JOB_ID" >>twice
  echo "$QUEUECTL_JOB_ID $(uname -n) $(date +%s%3N)" >>starts
  until [ -e go ]; do sleep 0.1; done`;

test(
  "jobs of hosts that are cut off or lost run again, after the lease and never twice at a time",
  5,
  async (net) => {
    const { store, hosts } = net;
    const leaseMs = 9000;
    await store.changeSettings(new Map([["lease", "9"], ["kill_grace", "1"], ["backoff_base", "0"]]));
    const ids = await Promise.all(
      hosts.slice(0, 4).map(({ name }) => enqueue(store, net, { command: EXCLUSIVE, queue: name })),
    );
    const starts = () => {
      try {
        return Deno.readTextFileSync(net.dir.file("starts")).trim().split("\n").map((line) =>
          line.split(" ")
        );
      } catch {
        return [];
      }
    };
    const logs = await Promise.all(hosts.slice(0, 4).map((host) => work(host, "--queue", host.name)));
    await until("each of them runs one", () => starts().length === 4);
    await work(hosts[4]!, "--slots", "8");
    const cutAt = Date.now();
    await Promise.all([
      hosts[0]!.cut("both"),
      hosts[1]!.cut("sent"),
      hosts[2]!.cut("received"),
      hosts[3]!.kill(),
    ]);
    await until("all run elsewhere", () => starts().length >= 8);
    const again = starts().slice(4);
    assert.deepEqual(again.map(([id]) => id).sort(), ids.toSorted());
    for (const [id, host, at] of again) {
      assert.equal(host, "h5", id);
      const after = Number(at) - cutAt;
      assert.ok(after > leaseMs / 2, `${id} ran again ${after} ms after the cut`);
    }
    await Promise.all(hosts.slice(0, 3).map((host) => host.mend()));
    for (const log of logs.slice(0, 3)) {
      await until("it knows that its time is over", () => log().includes("starting anew under another name"));
      assert.match(log(), /cut off from the store: ending all jobs/);
    }
    Deno.writeTextFileSync(net.dir.file("go"), "");
    for (const id of ids) {
      await reaches(store, id, ({ state }) => state === "completed", "is completed");
      const outcomes = (await store.attempts(id)).map(({ outcome, host }) => `${outcome} on ${host}`);
      assert.equal(outcomes.length, 2);
      assert.match(outcomes[0]!, /^lost on h/);
      assert.equal(outcomes[1], "completed on h5");
    }
    assert.throws(() => Deno.statSync(net.dir.file("twice")), Deno.errors.NotFound);
    assert.equal(starts().length, 8);
    assert.deepEqual(await store.recount(), []);
  },
);
