/**
 * @module
 * Serving the pages: their files, the way from the printed address to a cookie, and the form for those without one.
 */
import type { Access } from "./access.ts";
import { ASSETS, INDEX, LOGIN } from "./assets.ts";
import { acceptsGzip, gzip } from "./gzip.ts";
import { sha256 } from "./sha256.ts";

/** The addresses of views, and their modules. All get the same page, which shows the view by its address. */
const VIEWS = {
  "/": "overview.js",
  "/jobs": "jobs.js",
  "/jobs/:id": "job.js",
  "/dead": "dead.js",
  "/groups": "groups.js",
  "/groups/:name": "group.js",
  "/schedules": "schedules.js",
  "/schedules/:name": "schedule.js",
  "/queues": "queues.js",
  "/queues/:name": "queue.js",
  "/limits": "limits.js",
  "/workers": "workers.js",
  "/settings": "settings.js",
  "/audit": "audit.js",
  "/enqueue": "enqueue.js",
} as const;

type ViewPath = keyof typeof VIEWS;

/** The addresses of views. */
export const PAGE_PATHS = Object.keys(VIEWS) as readonly ViewPath[];

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

/**
 * A file as it is sent: a sixth of what these files weigh when compressed are comments that stand on lines of their own.
 * The lines stay, so that errors name those of the source.
 */
function withoutComments(text: string): string {
  return text.replaceAll(/^[ \t]*\/\*[^]*?\*\/$/gm, (comment) => comment.replaceAll(/[^\n]+/g, ""));
}

const SERVED: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(ASSETS).map(([name, text]) => [name, withoutComments(text)]),
);

/** A file of the pages, or undefined. Clients may keep it, but ask again: after an upgrade it may be another. */
export async function assetResponse(name: string, request: Request): Promise<Response | undefined> {
  if (!Object.hasOwn(SERVED, name)) return undefined;
  if (!made.has(name)) made.set(name, make(SERVED[name]!));
  const { tag, compressed } = await made.get(name)!;
  const headers = new Headers({ etag: tag, vary: "accept-encoding" });
  if (isKnown(tag, request)) return new Response(null, { status: 304, headers });
  headers.set("content-type", TYPES[name.split(".").at(-1)!]!);
  if (!acceptsGzip(request)) return new Response(SERVED[name], { headers });
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

/** Modules that one needs to begin with, the one itself included: those it imports, and those that they import. */
function chainOf(name: string, found = new Set<string>()): Set<string> {
  if (found.has(name)) return found;
  found.add(name);
  for (const [, next] of (ASSETS[name] ?? "").matchAll(/\bfrom\s*"\.\/([^"]+)"/g)) chainOf(next!, found);
  return found;
}

/** The page of a view: it names all modules at once, so that a browser need not read one to learn of the next. */
function indexOf(path: ViewPath | null): string {
  const chain = chainOf("app.js", path === null ? undefined : chainOf(VIEWS[path]));
  const links = [...chain].map((name) => `<link rel="modulepreload" href="/assets/${name}">`);
  return INDEX.replace("<!-- modules -->", links.join("\n    "));
}

/**
 * A page: the views for those whose token is good, else the form that asks for one. A token in the address becomes a
 * cookie, and leaves the address. `path` is null where no view is.
 */
export async function pageResponse(
  request: Request,
  { access, address, secure, path }: {
    access: Access;
    address: string;
    secure: boolean;
    path: ViewPath | null;
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
  if (!known) return new Response(LOGIN, { status: 401, headers });
  return new Response(indexOf(path), { status: path === null ? 404 : 200, headers });
}
