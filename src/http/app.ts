/**
 * @module
 * The application: what every request goes through, and where it leads. It listens nowhere itself.
 *
 * In this order: the host must be ours; the caller must be known; a change must be allowed and must come from our own
 * pages; then path, query and body are read; then the route does its work. Whatever is thrown becomes a problem
 * document.
 */
import { BadInput, NoSuch } from "../domain/errors.ts";
import type { Clock } from "../system/clock.ts";
import type { Access } from "./access.ts";
import { ACTION_ROUTES } from "./api/actions.ts";
import { ARRAY_ROUTES } from "./api/arrays.ts";
import { AUDIT_ROUTES } from "./api/audit.ts";
import { EVENT_ROUTES } from "./api/events.ts";
import { GROUP_ROUTES } from "./api/groups.ts";
import { JOB_ROUTES } from "./api/jobs.ts";
import { LABEL_ROUTES } from "./api/labels.ts";
import { OUTPUT_ROUTES } from "./api/output.ts";
import { RESULT_ROUTES } from "./api/result.ts";
import { STDIN_ROUTES } from "./api/stdin.ts";
import { OVERVIEW_ROUTES, prometheusResponse } from "./api/overview.ts";
import { QUEUE_ROUTES } from "./api/queues.ts";
import { RIGHT_ROUTES } from "./api/rights.ts";
import { LIMIT_ROUTES } from "./api/limits.ts";
import { SCHEDULE_ROUTES } from "./api/schedules.ts";
import { SETTING_ROUTES } from "./api/settings.ts";
import { WORKER_ROUTES } from "./api/workers.ts";
import type { AuditLog } from "./audit.ts";
import { ASSET_HEADERS, checkHost, checkOrigin, isSafe, readJson, SECURITY_HEADERS } from "./guard.ts";
import { acceptsGzip, gzip } from "./gzip.ts";
import { Hono, type HonoContext } from "./hono.ts";
import { isObject, readInputs, readQuery } from "./inputs.ts";
import { maskedForReaders } from "./masked.ts";
import { openApiDocument } from "./openapi.ts";
import { assetResponse, PAGE_PATHS, pageResponse } from "./pages.ts";
import { HttpProblem, problemResponse } from "./problem.ts";
import type { Changed, Right, Route, Services } from "./route.ts";

export const API_ROOT = "/api/v1";

export const ROUTES: readonly Route[] = [
  ...RIGHT_ROUTES,
  ...OVERVIEW_ROUTES,
  ...EVENT_ROUTES,
  ...JOB_ROUTES,
  ...LABEL_ROUTES,
  ...ARRAY_ROUTES,
  ...ACTION_ROUTES,
  ...OUTPUT_ROUTES,
  ...RESULT_ROUTES,
  ...STDIN_ROUTES,
  ...GROUP_ROUTES,
  ...SCHEDULE_ROUTES,
  ...LIMIT_ROUTES,
  ...QUEUE_ROUTES,
  ...WORKER_ROUTES,
  ...SETTING_ROUTES,
  ...AUDIT_ROUTES,
];

export interface AppOptions extends Services {
  access: Access;
  /** Refuse every change. */
  readOnly: boolean;
  /** Names that this server answers to, besides addresses and `localhost`. */
  names: readonly string[];
  audit: AuditLog;
  secure: boolean;
  onDefect(error: unknown): void;
}

/** What is known of a request's sender. */
interface Environment {
  Bindings: { address: string };
}

/** Answers requests. `address` is whom they come from. */
export type Application = (request: Request, address: string) => Promise<Response>;

export function makeApplication(options: AppOptions): Application {
  const { access, readOnly, names, audit, store, clock, secure } = options;
  const app = new Hono<Environment>({ strict: false });

  /** Requests for a change whose senders may make it, and what each has changed. */
  const admitted = new WeakMap<Request, Changed>();

  const admit = async (request: Request, address: string): Promise<Right> => {
    const right = await access.rightOf(request, address);
    if (isSafe(request.method)) return readOnly ? "read" : right;
    if (readOnly) throw new HttpProblem("not-allowed", "Cannot change anything: this server is read-only");
    if (right !== "change") {
      throw new HttpProblem("not-allowed", "Cannot change anything: this token only reads");
    }
    checkOrigin(request);
    admitted.set(request, {});
    return right;
  };

  const missing = async (request: Request, address: string): Promise<never> => {
    await admit(request, address);
    const { pathname } = new URL(request.url);
    const known = ROUTES.filter(({ url }) => matches(API_ROOT + url, pathname)).map(({ method }) => method);
    if (known.length === 0) throw new NoSuch(`There is nothing at "${pathname}"`);
    const allow = known.join(", ");
    throw new HttpProblem("wrong-method", `Cannot ${request.method} "${pathname}": it takes ${allow}`, {
      allow,
    });
  };

  app.get("/healthz", () => new Response("ok\n"));
  app.get("/readyz", async () => {
    await store.settings();
    return new Response("ok\n");
  });
  app.get("/metrics", async ({ req, env }) => {
    await admit(req.raw, env.address);
    return await prometheusResponse(store, clock.now());
  });
  app.get(`${API_ROOT}/openapi.json`, async ({ req, env }) => {
    await admit(req.raw, env.address);
    return Response.json(openApiDocument(ROUTES, API_ROOT));
  });
  for (const path of PAGE_PATHS) {
    app.get(
      path,
      ({ req, env }) => pageResponse(req.raw, { access, address: env.address, secure, path }),
    );
  }
  app.get("/assets/:name", async ({ req, env }) => {
    const asset = await assetResponse(req.param("name"), req.raw);
    return asset ?? await missing(req.raw, env.address);
  });
  app.post("/session", async ({ req, env }) => {
    checkOrigin(req.raw);
    const body = await readJson(req.raw, clock);
    const token = isObject(body) && typeof body.token === "string" ? body.token : "";
    if (!await access.rightOfGiven(token, env.address)) {
      throw new HttpProblem("not-authenticated", "This token is not valid");
    }
    admitted.set(req.raw, {});
    return new Response(null, {
      status: 204,
      headers: { "set-cookie": access.cookieFor(req.raw, { token, secure }) },
    });
  });
  for (const route of ROUTES) {
    app.on(route.method, API_ROOT + route.url, async (context) => {
      const { address } = context.env;
      const right = await admit(context.req.raw, address);
      const onChanged = (changed: Changed) => admitted.set(context.req.raw, changed);
      return await serve(route, context, { ...options, right, onChanged });
    });
  }
  app.notFound(({ req, env }) => {
    const wantsPage = isSafe(req.method) && /\btext\/html\b/.test(req.header("accept") ?? "");
    if (wantsPage) return pageResponse(req.raw, { access, address: env.address, secure, path: null });
    return missing(req.raw, env.address);
  });
  app.onError((error) => {
    const response = problemResponse(error);
    if (response.status === 500) options.onDefect(error);
    return response;
  });

  const knownOf = (request: Request) => ({
    admitted: admitted.has(request),
    changed: admitted.get(request),
  });

  return async (request, address) => {
    const answer = () => answered(app, { request, address, names });
    const response = isSafe(request.method)
      ? await answer()
      : await audit.noting(request, address, answer, () => knownOf(request));
    if (isTry(request, response)) {
      audit.note(request, { address, status: response.status, admitted: response.status === 303 });
    }
    const isAsset = /^text\/(?:css|javascript)/.test(response.headers.get("content-type") ?? "");
    const headers = isAsset ? ASSET_HEADERS : SECURITY_HEADERS;
    for (const [name, value] of Object.entries(headers)) response.headers.set(name, value);
    return response;
  };
}

/** Whether somebody who only looks has tried a token: one in the address, or a wrong one. */
function isTry({ method, url, headers }: Request, { status }: Response): boolean {
  if (!isSafe(method)) return false;
  if (status !== 303 && status !== 401) return false;
  return new URL(url).searchParams.has("token") || headers.has("authorization");
}

async function answered(
  app: Hono<Environment>,
  { request, address, names }: { request: Request; address: string; names: readonly string[] },
): Promise<Response> {
  try {
    checkHost(request, names);
    return await app.fetch(request, { address });
  } catch (error) {
    return problemResponse(error);
  }
}

/** Reads what a request says, and lets its route answer. */
async function serve(
  route: Route,
  { req }: HonoContext<Environment>,
  { store, home, clock, events, machine, right, onChanged }: Services & {
    right: Right;
    onChanged(changed: Changed): void;
  },
): Promise<Response> {
  const request = req.raw;
  const call = {
    ...{ store, home, clock, events, machine },
    ...{ request, right },
    now: clock.now(),
    path: readInputs(route.path ?? {}, req.param() as Record<string, string>) as Record<string, string>,
    query: readQuery(route.query ?? {}, new URL(request.url)),
    body: await bodyOf(route, request, clock),
  };
  const result = await route.run(call);
  if (route.changed) onChanged(route.changed(call.body, result));
  if (result instanceof Response) {
    if (request.method === "HEAD") await result.body?.cancel(); // nobody will read it: it must not keep a place
    return result;
  }
  return await jsonResponse(right === "read" ? maskedForReaders(result) : result, {
    status: route.answer.status ?? 200,
    request,
  });
}

/** JSON, compressed where that is worth it and asked for. */
async function jsonResponse(
  value: unknown,
  { status, request }: { status: number; request: Request },
): Promise<Response> {
  const text = JSON.stringify(value);
  const headers = new Headers({ "content-type": "application/json", vary: "accept-encoding" });
  if (text.length < WORTH_COMPRESSING || !acceptsGzip(request)) {
    return new Response(text, { status, headers });
  }
  headers.set("content-encoding", "gzip");
  return new Response(await gzip(text), { status, headers });
}

/** In characters. What is shorter fits into one packet as it is. */
const WORTH_COMPRESSING = 1400;

async function bodyOf({ method, body }: Route, request: Request, clock: Clock): Promise<unknown> {
  if (method === "GET") return undefined;
  const value = await readJson(request, clock);
  if (!body) {
    const isNothing = value === undefined || JSON.stringify(value) === "{}";
    if (isNothing) return undefined;
    throw new BadInput("Cannot use a body here: nothing is to be said");
  }
  if (value === undefined) throw new BadInput(`Missing body: it takes ${body.takes}`);
  const read = body.read(value);
  if (read === undefined) throw new BadInput(`Cannot use this body: it takes ${body.takes}`);
  return read;
}

/** Whether a path is one of a route. */
function matches(url: string, path: string): boolean {
  const [wanted, given] = [url.split("/"), path.split("/")];
  return wanted.length === given.length &&
    wanted.every((part, i) => part.startsWith(":") ? given[i] !== "" : part === given[i]);
}
