/**
 * @module
 * Serving the pages: their files, the way from the printed address to a cookie, and the form for those without one.
 */
import type { Access } from "./access.ts";
import { ASSETS, INDEX, LOGIN } from "./assets.ts";
import { acceptsGzip, gzip } from "./gzip.ts";
import { sha256 } from "./sha256.ts";

/** The addresses of views. All get the same page, which shows the view by its address. */
export const PAGE_PATHS = [
  "/",
  "/jobs",
  "/jobs/:id",
  "/dead",
  "/groups",
  "/groups/:name",
  "/schedules",
  "/schedules/:name",
  "/queues",
  "/limits",
  "/workers",
  "/settings",
  "/enqueue",
] as const;

const TYPES: Readonly<Record<string, string>> = {
  js: "text/javascript; charset=utf-8",
  css: "text/css; charset=utf-8",
  svg: "image/svg+xml",
};

/** What is made of each file once: by its name. */
const made = new Map<string, Promise<{ tag: string; compressed: Uint8Array<ArrayBuffer> }>>();

async function make(text: string): Promise<{ tag: string; compressed: Uint8Array<ArrayBuffer> }> {
  return { tag: await tagOf(text), compressed: await gzip(text) };
}

/** A file of the pages, or undefined. Clients may keep it, but ask again: after an upgrade it may be another. */
export async function assetResponse(name: string, request: Request): Promise<Response | undefined> {
  if (!Object.hasOwn(ASSETS, name)) return undefined;
  if (!made.has(name)) made.set(name, make(ASSETS[name]!));
  const { tag, compressed } = await made.get(name)!;
  const headers = new Headers({ etag: tag, vary: "accept-encoding" });
  if (isKnown(tag, request)) return new Response(null, { status: 304, headers });
  headers.set("content-type", TYPES[name.split(".").at(-1)!]!);
  if (!acceptsGzip(request)) return new Response(ASSETS[name], { headers });
  headers.set("content-encoding", "gzip");
  return new Response(compressed, { headers });
}

/** Whether a client has that version. A proxy that compresses makes the tag a weak one, and a cache may have several. */
function isKnown(tag: string, request: Request): boolean {
  const known = (request.headers.get("if-none-match") ?? "").split(",");
  return known.some((one) => one.trim() === "*" || one.trim().replace(/^W\//, "") === tag);
}

async function tagOf(text: string): Promise<string> {
  const bytes = (await sha256(text)).subarray(0, 12);
  return `"${Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")}"`;
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
