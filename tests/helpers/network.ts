/**
 * @module
 * Several hosts with a server between which the network can be broken: each is a network namespace with a name of its
 * own, a home of its own, and a cable to a bridge; what arrives there for the server is handed on to its socket. One-way
 * losses are done with neighbours that are not there. The bridge has a namespace, too: where the machine's own network
 * changes, browsers break off all their requests. Needs root and Linux.
 */
import { fileURLToPath } from "node:url";
import { homeAt } from "../../src/system/home.ts";
import { MAIN } from "./cli.ts";
import type { Server } from "./postgres.ts";
import { readUntil } from "./printed.ts";
import { type TempDir, tempDir } from "./temp.ts";

/** What is lost: everything, what the host sends, or what it is sent. */
export type Cut = "both" | "sent" | "received";

/** One of them. */
export interface Host {
  /** As the program sees it. */
  name: string;
  /** The path of its home. */
  home: string;
  /** Starts the program there, its outputs piped. */
  start(args: readonly string[]): Deno.ChildProcess;
  /** Breaks its network. */
  cut(what: Cut): Promise<void>;
  /** Mends it, whatever it was. */
  mend(): Promise<void>;
  /** Ends all its processes at once, as a power cut does. */
  kill(): Promise<void>;
}

export interface Network extends AsyncDisposable {
  hosts: Host[];
  dir: TempDir;
}

/** Why there can be none here; undefined when there can. */
export const NO_NETWORK: string | undefined = whyNot();

function whyNot(): string | undefined {
  if (Deno.build.os !== "linux") return "network namespaces are of Linux";
  if (Deno.uid() !== 0) return "network namespaces take root";
  const name = `qtry${Deno.pid}`;
  try {
    const made = new Deno.Command("ip", { args: ["netns", "add", name], stderr: "null" }).outputSync();
    if (!made.success) return "no network namespace can be made here";
    new Deno.Command("ip", { args: ["netns", "del", name] }).outputSync();
    return undefined;
  } catch {
    return "there is no ip";
  }
}

/** Nobody's. */
const NOBODY = "02:00:00:00:00:99";
const FLAGS = [
  ...["run", "--no-prompt", "--allow-read", "--allow-write", "--allow-net", "--allow-sys=statfs"],
  ...["--allow-run=sh", "--allow-env"],
];

async function ip(...args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command("ip", { args, stdout: "null", stderr: "piped" })
    .output();
  if (!success) throw new Error(`ip ${args.join(" ")}: ${new TextDecoder().decode(stderr).trim()}`);
}

/** Makes hosts that reach a store of the server. `parameters` are those of the address. */
export async function network(
  server: Server,
  { hosts: count, address }: { hosts: number; address: string },
): Promise<Network> {
  const dir = tempDir();
  const tag = crypto.randomUUID().slice(0, 5);
  const [a, b] = crypto.getRandomValues(new Uint8Array(2)) as unknown as [number, number];
  const net = `10.${64 + a % 64}.${b}`;
  const hub = `qh${tag}`;
  const atHub = (...args: string[]) => ip("-n", hub, ...args);
  await ip("netns", "add", hub);
  await atHub("link", "add", "bridge", "type", "bridge");
  await atHub("addr", "add", `${net}.1/24`, "dev", "bridge");
  await atHub("link", "set", "bridge", "up");
  const way = await handOn(hub, `${net}.1`, server);
  const schema = new URLSearchParams(address.split("?")[1]).get("schema")!;
  const reached = `postgres://queuectl@${net}.1:${way.port}/postgres?schema=${schema}&connect_timeout=3`;
  const hosts: Host[] = [];
  const all: string[] = [hub];
  for (let n = 1; n <= count; n++) {
    const space = `qn${tag}${n}`;
    const outer = `qv${tag}${n}`;
    const own = `${net}.${n + 1}`;
    await ip("netns", "add", space);
    all.push(space);
    await atHub("link", "add", outer, "type", "veth", "peer", "name", "eth0", "netns", space);
    await atHub("link", "set", outer, "master", "bridge", "up");
    const inside = (...args: string[]) => ip("-n", space, ...args);
    await inside("addr", "add", `${own}/24`, "dev", "eth0");
    await inside("link", "set", "eth0", "up");
    await inside("link", "set", "lo", "up");
    const home = homeAt(`${dir.path}/h${n}`);
    Deno.mkdirSync(home.dir, { mode: 0o700 });
    Deno.writeTextFileSync(home.store, `${reached}\n`, { mode: 0o600 });
    const name = `h${n}`;
    hosts.push({
      name,
      home: home.dir,
      start: (args) =>
        new Deno.Command("ip", {
          args: [
            ...["netns", "exec", space, "unshare", "--uts", "sh", "-c"],
            ...['echo "$0" >/proc/sys/kernel/hostname && exec "$@"', name],
            ...[Deno.execPath(), ...FLAGS, MAIN, ...args],
          ],
          env: { QUEUECTL_HOME: home.dir, NO_COLOR: "1" },
          cwd: dir.path,
          stdin: "null",
          stdout: "piped",
          stderr: "piped",
        }).spawn(),
      async cut(what) {
        const lost = ["lladdr", NOBODY, "nud", "permanent", "dev"];
        if (what === "both") await atHub("link", "set", outer, "down");
        else if (what === "sent") await inside("neigh", "replace", `${net}.1`, ...lost, "eth0");
        else await atHub("neigh", "replace", own, ...lost, "bridge");
      },
      async mend() {
        await atHub("link", "set", outer, "up");
        await inside("neigh", "flush", "nud", "permanent").catch(() => {});
        await inside("neigh", "del", `${net}.1`, "dev", "eth0").catch(() => {});
        await atHub("neigh", "del", own, "dev", "bridge").catch(() => {});
      },
      kill: () => killIn(space),
    });
  }
  return {
    hosts,
    dir,
    async [Symbol.asyncDispose]() {
      for (const space of all.toReversed()) {
        await killIn(space);
        await ip("netns", "del", space);
      }
      await way.ended;
      dir[Symbol.dispose]();
    },
  };
}

async function killIn(space: string): Promise<void> {
  while (true) {
    const { stdout } = await new Deno.Command("ip", { args: ["netns", "pids", space], stderr: "null" })
      .output();
    const pids = new TextDecoder().decode(stdout).split("\n").filter((pid) => pid !== "").map(Number);
    if (pids.length === 0) return;
    for (const pid of pids) {
      try {
        Deno.kill(pid, "SIGKILL");
      } catch {
        // it has ended
      }
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Hands on what arrives at an address of a namespace to the server's socket, until what runs there is ended. */
async function handOn(space: string, hostname: string, { url }: Server) {
  const path = `${new URLSearchParams(url!.split("?")[1]).get("host")}/.s.PGSQL.5432`;
  const child = new Deno.Command("ip", {
    args: [
      ...["netns", "exec", space, Deno.execPath(), "run", "--no-prompt", "--no-lock"],
      ...["--allow-net", `--allow-read=${path}`, `--allow-write=${path}`],
      ...[fileURLToPath(new URL("handing_on.ts", import.meta.url)), hostname, path],
    ],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const pattern = /^(\d+)\n/m;
  const { printed, ended } = await readUntil(child, { what: "the way to the server is open", pattern });
  return { port: Number(pattern.exec(printed())?.[1]), ended };
}
