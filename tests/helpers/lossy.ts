/**
 * @module
 * Something between a store and its server that loses what a test wants to be lost: an answer after the server has done
 * what was asked, a request that arrives when nobody waits for it any more, or everything.
 */
import type { Server } from "./postgres.ts";

/** What becomes of what is sent. */
type Mode =
  | "pass"
  /** The next answer that is complete is dropped, and the connection with it. */
  | "lose answer"
  /** The next request is kept, and the connection dropped. */
  | "hold request"
  /** Nothing arrives, either way. */
  | "silent";

/** A way to a server. */
export interface Lossy extends AsyncDisposable {
  /** As the server itself, for addresses. */
  server: Server;
  mode: Mode;
  /** So many answers more arrive before one is lost. */
  passing: number;
  /** How many answers or requests were lost. */
  readonly lost: number;
  /** Hands over the request that was kept, and waits for the server's answer to it. */
  deliver(): Promise<void>;
}

/** The end of an answer: ready for the next request. What follows says whether a transaction is open. */
const READY = [0x5a, 0, 0, 0, 5];
const IN_NONE = 0x49;

/** Makes one; all connections go through it whose address is of its `server`. */
export function lossy(to: Server): Lossy {
  const dir = Deno.makeTempDirSync({ dir: "/tmp", prefix: "queuectl-lossy-" });
  const socket = (dir: string) => `${dir}/.s.PGSQL.5432`;
  const behind = new URLSearchParams(to.url!.split("?")[1]).get("host")!;
  const listener = Deno.listen({ transport: "unix", path: socket(dir) });
  const open = new Set<Deno.Conn>();
  const ended: Promise<void>[] = [];
  let kept: { server: Deno.Conn; request: Uint8Array; answered: PromiseWithResolvers<void> } | undefined;
  const result: Lossy = {
    server: { url: to.url!.replace(encodeURIComponent(behind), encodeURIComponent(dir)) },
    mode: "pass",
    passing: 0,
    lost: 0,
    async deliver() {
      const { server, request, answered } = kept!;
      await send(server, request);
      await answered.promise;
      close(server);
    },
    async [Symbol.asyncDispose]() {
      listener.close();
      for (const one of [...open]) close(one);
      await Promise.all(ended);
      Deno.removeSync(dir, { recursive: true });
    },
  };
  const lose = () => {
    (result as { lost: number }).lost += 1;
    result.passing = 0;
    result.mode = "pass";
  };
  const close = (one: Deno.Conn) => {
    if (open.delete(one)) one.close();
  };
  const join = async (client: Deno.Conn) => {
    open.add(client);
    const server = await Deno.connect({ transport: "unix", path: socket(behind) });
    open.add(server);
    let begun = false;
    const requests = copy(client, (bytes) => {
      if (result.mode === "silent") return undefined;
      if (result.mode === "hold request" && begun) {
        lose();
        kept = { server, request: bytes.slice(), answered: Promise.withResolvers() };
        close(client);
        return undefined;
      }
      return server;
    });
    const answers = copy(server, (bytes) => {
      if (result.mode === "silent") return undefined;
      if (kept?.server === server && readyAt(bytes) !== undefined) kept.answered.resolve();
      const ready = readyAt(bytes) === IN_NONE;
      if (begun && ready && result.mode === "lose answer" && result.passing-- <= 0) {
        lose();
        close(client);
        return undefined;
      }
      begun ||= ready; // connecting is over
      return open.has(client) ? client : undefined;
    });
    await Promise.all([
      requests.then(() => kept?.server === server || close(server)),
      answers.then(() => close(client)),
    ]);
  };
  ended.push((async () => {
    for await (const client of listener) ended.push(join(client).catch(() => {}));
  })());
  return result;
}

/** Hands on what comes from one side, to where `where` says. */
async function copy(from: Deno.Conn, where: (bytes: Uint8Array) => Deno.Conn | undefined): Promise<void> {
  const buffer = new Uint8Array(65536);
  try {
    for (let n = await from.read(buffer); n !== null; n = await from.read(buffer)) {
      const bytes = buffer.subarray(0, n);
      const to = where(bytes);
      if (to) await send(to, bytes);
    }
  } catch {
    // one of the two has gone
  }
}

async function send(to: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let sent = 0; sent < bytes.length;) sent += await to.write(bytes.subarray(sent));
}

/** Whether a transaction is open at the end of an answer that is complete. */
function readyAt(bytes: Uint8Array): number | undefined {
  const tail = bytes.subarray(-READY.length - 1);
  return READY.every((byte, at) => tail[at] === byte) ? tail.at(-1) : undefined;
}
