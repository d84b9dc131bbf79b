/**
 * @module
 * Serving the pages: their files, the way from the printed address to a cookie, and the form for those without one.
 */
import type { Access } from "./access.ts";
import { acceptsGzip, gzip } from "./gzip.ts";
import { ASSETS, INDEX, LOGIN } from "./assets.ts";

/** The addresses of views; which is which, the page decides itself. */
export const PAGE_PATHS = [
  "/",
  "/jobs",
  "/jobs/:id",
  "/dead",
  "/queues",
  "/workers",
  "/settings",
  "/enqueue",
] as const;

const TYPES: Readonly<Record<string, string>> = {
  js: "text/javascript; charset=utf-8",
  css: "text/css; charset=utf-8",
  svg: "image/svg+xml",
};

/** Compressed once; by name. */
const compressed = new Map<string, Promise<Uint8Array<ArrayBuffer>>>();

/** A file of the pages, or undefined. It may be kept, but is asked for again: another version may have another. */
export async function assetResponse(name: string, request: Request): Promise<Response | undefined> {
  if (!Object.hasOwn(ASSETS, name)) return undefined;
  const tag = `"${await hashOf(name)}"`;
  const headers = new Headers({ etag: tag, vary: "accept-encoding" });
  if (request.headers.get("if-none-match") === tag) return new Response(null, { status: 304, headers });
  headers.set("content-type", TYPES[name.split(".").at(-1)!]!);
  if (!acceptsGzip(request)) {
    return new Response(ASSETS[name], { headers });
  }
  headers.set("content-encoding", "gzip");
  if (!compressed.has(name)) compressed.set(name, gzip(ASSETS[name]!));
  return new Response(await compressed.get(name), { headers });
}

const hashes = new Map<string, Promise<string>>();

function hashOf(name: string): Promise<string> {
  if (!hashes.has(name)) hashes.set(name, digest(ASSETS[name]!));
  return hashes.get(name)!;
}

async function digest(text: string): Promise<string> {
  const bytes = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
  return Array.from(bytes.subarray(0, 12), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * A page: the views for those whose token is good, else the form that asks for one. A token in the address becomes a
 * cookie, and leaves the address. `status` is 404 where no view is.
 */
export async function pageResponse(
  request: Request,
  { access, address, secure, status }: {
    access: Access;
    address: string;
    secure: boolean;
    status: 200 | 404;
  },
): Promise<Response> {
  const url = new URL(request.url);
  const token = url.searchParams.get("token");
  if (token !== null) {
    const right = await access.rightOfGiven(token, address);
    if (right) {
      url.searchParams.delete("token");
      const headers = {
        location: url.pathname + url.search,
        "set-cookie": access.cookieFor(request, { token, secure }),
      };
      return new Response(null, { status: 303, headers });
    }
  }
  const known = await access.knows(request);
  const headers = { "content-type": "text/html; charset=utf-8" };
  return new Response(known ? INDEX : LOGIN, { status: known ? status : 401, headers });
}
