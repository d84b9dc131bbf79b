/**
 * @module
 * What a request must be like before anyone looks at what it wants, and what every response says to browsers. Pure,
 * but for reading bodies.
 */
import type { Clock } from "../system/clock.ts";
import { HttpProblem } from "./problem.ts";

/** Said with every response. Scripts and styles come from this server only; nobody may show it in a frame. */
export const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "permissions-policy": "camera=(), geolocation=(), microphone=()",
  "cache-control": "no-store",
};

/** Said with scripts and styles. The other headers matter for documents only, and weigh more than many of these files. */
export const ASSET_HEADERS: Readonly<Record<string, string>> = {
  "x-content-type-options": "nosniff",
  "cross-origin-resource-policy": "same-origin",
  "cache-control": "no-cache",
};

const LARGEST_BODY = 32 * 1024 * 1024;
/** How long a body may take to arrive. */
const BODY_MS = 30_000;

/**
 * A page of another site can make a name of its own lead to this server (DNS rebinding); then that name is the host. So
 * only addresses, `localhost`, and the names that were given are answered to.
 * @throws {HttpProblem} for any other
 */
export function checkHost(request: Request, names: readonly string[]): void {
  const host = request.headers.get("host") ?? new URL(request.url).host;
  const name = host.replace(/:\d+$/, "").toLowerCase();
  const isAddress = /^\d{1,3}(?:\.\d{1,3}){3}$/.test(name) || /^\[[0-9a-f:.]+\]$/.test(name);
  if (isAddress || name === "localhost" || names.includes(name)) return;
  throw new HttpProblem("wrong-host", `This server does not answer to "${name}": give --name to let it`);
}

/** A change must come from this server's own pages, or from no page at all. @throws {HttpProblem} otherwise */
export function checkOrigin(request: Request): void {
  const site = request.headers.get("sec-fetch-site");
  const origin = request.headers.get("origin");
  const own = originsOf(request);
  const foreign = site !== null && site !== "same-origin" && site !== "none";
  if (!foreign && (origin === null || own.includes(origin))) return;
  throw new HttpProblem("not-allowed", "Cannot change anything on behalf of another site");
}

function originsOf(request: Request): string[] {
  const host = request.headers.get("host");
  return host === null ? [] : [`http://${host}`, `https://${host}`];
}

/** The body as JSON; undefined when there is none. @throws {HttpProblem} when it is no JSON, too large, or too slow */
export async function readJson(request: Request, clock: Clock): Promise<unknown> {
  if (request.body === null) return undefined;
  const bytes = await readBody(request.body, clock);
  if (bytes.length === 0) return undefined;
  const type = request.headers.get("content-type") ?? "";
  if (!/^application\/json\s*(;|$)/i.test(type)) {
    throw new HttpProblem("wrong-type", `Cannot read a body of type "${type}": send application/json`);
  }
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    throw new HttpProblem("bad-input", "Cannot read the body: it is not JSON in UTF-8");
  }
}

async function readBody(body: ReadableStream<Uint8Array>, clock: Clock): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  const reader = body.getReader();
  let late = false;
  const arrived = new AbortController();
  clock.sleep(BODY_MS, arrived.signal).then(() => {
    if (arrived.signal.aborted) return;
    late = true;
    reader.cancel();
  });
  try {
    for (let read = await reader.read(); !read.done; read = await reader.read()) {
      size += read.value.length;
      if (size > LARGEST_BODY) {
        await reader.cancel();
        throw new HttpProblem("too-large", `Cannot read a body of more than ${LARGEST_BODY} bytes`);
      }
      chunks.push(read.value);
    }
  } finally {
    arrived.abort();
  }
  if (late) {
    throw new HttpProblem("slow-request", `The body took longer than ${BODY_MS / 1000} seconds to arrive`);
  }
  return new Uint8Array(await new Blob(chunks as Uint8Array<ArrayBuffer>[]).arrayBuffer());
}

export function isSafe(method: string): method is "GET" | "HEAD" {
  return method === "GET" || method === "HEAD";
}
