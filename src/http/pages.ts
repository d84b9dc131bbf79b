/**
 * @module
 * Serving the pages: their files, the way from the printed address to a cookie, and the form for those without one.
 */
import type { Access } from "./access.ts";
import { ASSETS, INDEX, LOGIN } from "./assets.ts";
import { acceptsGzip, gzip } from "./gzip.ts";
import { chainOf, join } from "./joined.ts";
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

/** What pages fetch only once they show it: parts of the page that is named. */
const PARTS = {
  "difference.js": "job.js",
  "graph.js": "job.js",
  "job_edit.js": "job.js",
  "job_history.js": "job.js",
  "login_dialog.js": "app.js",
  "schedule_edit.js": "schedules.js",
} as const;

/** Modules that come as they are, from npm. */
const LIBRARIES: ReadonlySet<string> = new Set(["htm.js", "hooks.js", "preact.js"]);

/** A sixth of what these files weigh when compressed are comments that stand on lines of their own. */
function withoutComments(text: string): string {
  return text.replaceAll(/^[ \t]*\/\*(?:(?!\*\/)[^])*\*\/\n/gm, "").replaceAll(/^[ \t]*\/\/.*\n/gm, "");
}

/** The files as they are sent, by their names. */
function served(): Record<string, string> {
  const sources = Object.fromEntries(
    Object.entries(ASSETS).map(([name, text]) => [name, LIBRARIES.has(name) ? text : withoutComments(text)]),
  );
  const chain = (name: string) => chainOf(name, sources);
  const frame = chain("app.js");
  const files: Record<string, string> = {};
  const add = (name: string, without: ReadonlySet<string> = new Set()) =>
    files[name] = join(name, sources, { without, libraries: LIBRARIES });
  add("app.js");
  add("stream_worker.js");
  add("source.js");
  for (const name of Object.values(VIEWS)) add(name, frame);
  for (const [name, page] of Object.entries(PARTS)) add(name, frame.union(chain(page)));
  const whole = ["theme.js", "login.js", "uplot.js", ...LIBRARIES];
  for (const name of Object.keys(sources)) {
    if (!name.endsWith(".js") || whole.includes(name)) files[name] = sources[name]!;
  }
  return files;
}

let files: Readonly<Record<string, string>> | undefined;

/** A file of the pages, or undefined. Clients may keep it, but ask again: after an upgrade it may be another. */
export async function assetResponse(name: string, request: Request): Promise<Response | undefined> {
  files ??= served();
  const text = Object.hasOwn(files, name) ? files[name] : undefined;
  if (text === undefined) return undefined;
  if (!made.has(name)) made.set(name, make(text));
  const { tag, compressed } = await made.get(name)!;
  const headers = new Headers({ etag: tag, vary: "accept-encoding" });
  if (isKnown(tag, request)) return new Response(null, { status: 304, headers });
  headers.set("content-type", TYPES[name.split(".").at(-1)!]!);
  if (!acceptsGzip(request)) return new Response(text, { headers });
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

/** The page of a view: it names all it begins with at once, so that a browser need not read one to learn of the next. */
function indexOf(path: ViewPath | null): string {
  const first = [...LIBRARIES, "app.js", ...(path === null ? [] : [VIEWS[path]])];
  const links = first.map((name) => `<link rel="modulepreload" href="/assets/${name}">`);
  if (path === "/jobs/:id") links.push('<link rel="preload" as="style" href="/assets/job.css">');
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
