/**
 * @module
 * Listening for requests, until it shall stop.
 */
import { BadInput, Refused } from "../domain/errors.ts";
import { permissionMissing } from "../system/permissions.ts";
import type { Application } from "./app.ts";

/** What is being answered when the server shall stop may take this long, then it is cut. */
const LAST_ANSWERS_MS = 5000;

export interface ServeOptions {
  /** An address or a name of this machine. */
  host: string;
  /** 0 is any that is free. */
  port: number;
  /** Certificate and key in PEM; null is without TLS. */
  tls: { cert: string; key: string } | null;
  /** Takes no more requests, answers those there are, and ends. */
  signal: AbortSignal;
}

export interface Serving {
  port: number;
  /** Resolves when it has ended. */
  ended: Promise<void>;
}

/**
 * Listens and answers.
 * @throws {PermissionMissing} when it may not, {Refused} when the address is not to be had
 */
export function serve(application: Application, { host, port, tls, signal }: ServeOptions): Serving {
  const cut = new AbortController();
  try {
    const server = Deno.serve(
      {
        hostname: host,
        port,
        signal: cut.signal,
        ...tls,
        onListen() {},
        // an error within the server itself; the application has none
        onError: () => new Response("defect\n", { status: 500 }),
      },
      (request, { remoteAddr }) => application(request, "hostname" in remoteAddr ? remoteAddr.hostname : ""),
    );
    signal.addEventListener("abort", () => {
      const cutting = setTimeout(() => cut.abort(), LAST_ANSWERS_MS);
      server.shutdown().finally(() => clearTimeout(cutting));
    }, { once: true });
    return { port: server.addr.port, ended: server.finished };
  } catch (error) {
    throw whyNot(error, { host, port });
  }
}

function whyNot(error: unknown, { host, port }: { host: string; port: number }): unknown {
  const what = `Cannot listen on ${host}:${port}`;
  if (error instanceof Deno.errors.NotCapable) {
    return permissionMissing(what, [{ name: "net", host: `${host}:${port}` }]);
  }
  if (error instanceof Deno.errors.AddrInUse) {
    return new Refused(`${what}: it is in use; give --port, or 0 for any`);
  }
  if (error instanceof Deno.errors.AddrNotAvailable) {
    return new BadInput(`${what}: this machine does not have that address`);
  }
  if (error instanceof Deno.errors.PermissionDenied) {
    return new Refused(`${what}: this user may not; give a --port above 1023`);
  }
  if (error instanceof Deno.errors.InvalidData) {
    return new BadInput(`Cannot use this certificate with this key`);
  }
  return error;
}
