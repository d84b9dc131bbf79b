/**
 * @module
 * A way to a server that takes its time: what is sent arrives later, in both directions, as over a long line. Counts
 * what is asked.
 */
import type { Server } from "./postgres.ts";

export interface Delayed extends AsyncDisposable {
  /** As the server itself, for addresses. */
  server: Server;
  /** How often something was sent to the server. */
  readonly asked: number;
}

/** Makes one; `ms` is what a round trip takes. */
export function delayed(to: Server, ms: number): Delayed {
  const dir = Deno.makeTempDirSync({ dir: "/tmp", prefix: "queuectl-delayed-" });
  const socket = (dir: string) => `${dir}/.s.PGSQL.5432`;
  const behind = new URLSearchParams(to.url!.split("?")[1]).get("host")!;
  const listener = Deno.listen({ transport: "unix", path: socket(dir) });
  const open = new Set<Deno.Conn>();
  const ended: Promise<void>[] = [];
  let asked = 0;
  const close = (one: Deno.Conn) => {
    if (open.delete(one)) one.close();
  };
  const copy = async (from: Deno.Conn, to: Deno.Conn, onChunk: () => void) => {
    let latest = Promise.resolve();
    const buffer = new Uint8Array(65536);
    try {
      for (let n = await from.read(buffer); n !== null; n = await from.read(buffer)) {
        const bytes = buffer.slice(0, n);
        onChunk();
        const arrived = new Promise<void>((resolve) => setTimeout(resolve, ms / 2));
        latest = Promise.all([latest, arrived]).then(async () => {
          for (let sent = 0; sent < bytes.length;) sent += await to.write(bytes.subarray(sent));
        });
        latest.catch(() => {});
      }
      await latest;
    } catch {
      // one of the two has gone
    }
  };
  const join = async (client: Deno.Conn) => {
    open.add(client);
    const server = await Deno.connect({ transport: "unix", path: socket(behind) });
    open.add(server);
    await Promise.all([
      copy(client, server, () => asked += 1).then(() => close(server)),
      copy(server, client, () => {}).then(() => close(client)),
    ]);
  };
  ended.push((async () => {
    for await (const client of listener) ended.push(join(client).catch(() => close(client)));
  })());
  return {
    server: { url: to.url!.replace(encodeURIComponent(behind), encodeURIComponent(dir)) },
    get asked() {
      return asked;
    },
    async [Symbol.asyncDispose]() {
      listener.close();
      for (const one of [...open]) close(one);
      await Promise.all(ended);
      Deno.removeSync(dir, { recursive: true });
    },
  };
}
