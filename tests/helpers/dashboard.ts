/**
 * @module
 * A real `queuectl dashboard`, with the permissions that README.md says it needs, and a client that holds every answer
 * against the document the server gives of itself.
 */
import assert from "node:assert/strict";
import { Ajv2020 } from "npm:ajv@8.20.0/dist/2020.js";
import { bundledMain } from "./bundled.ts";
import { readUntil } from "./printed.ts";

/** The token of servers under test that allows everything, and the one that only lets look. */
export const TOKEN = "test-token-that-changes";
export const READ_TOKEN = "test-token-that-reads";

/** A server under test. It is ended with the scope. */
export interface Dashboard extends AsyncDisposable {
  /** Where it is, with a slash at its end. */
  url: string;
  pid: number;
  /** What it has printed so far, both streams together. */
  printed(): string;
  ended: Promise<number>;
  signal(signal: Deno.Signal): void;
}

/**
 * Starts a server on a home, at a free port unless one is given, and waits until it listens. It may read `files`, too,
 * and has more permissions if flags are given.
 */
export async function startDashboard(
  home: string,
  args: readonly string[] = [],
  files: readonly string[] = [],
  permissions: readonly string[] = [],
): Promise<Dashboard> {
  const given = args.some((arg) => /^--(no-auth|token)/.test(arg))
    ? []
    : ["--token", TOKEN, "--read-token", READ_TOKEN];
  const at = args.indexOf("--port");
  const port = at < 0 ? "0" : args[at + 1]!;
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--no-prompt", `--allow-read=${[home, ...files].join()}`, `--allow-write=${home}`],
      ...[`--allow-net=127.0.0.1:${port}`, ...permissions, await bundledMain()],
      ...["--home", home, "dashboard"],
      ...(at < 0 ? ["--port", port] : []),
      ...given,
      ...args,
    ],
    env: { NO_COLOR: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const { printed, over, ended } = await readUntil(child, {
    what: "the server listens",
    pattern: /^https?:\/\/\S+\n/m,
  });
  const url = /^(https?:\/\/[^/\s]+\/)/m.exec(printed())?.[1] ?? "";
  return {
    url,
    pid: child.pid,
    printed,
    ended,
    signal: (signal) => child.kill(signal),
    async [Symbol.asyncDispose]() {
      if (over()) return;
      child.kill("SIGTERM");
      const timer = setTimeout(() => child.kill("SIGKILL"), 120_000);
      await ended;
      clearTimeout(timer);
    },
  };
}

/** What came of a request. */
export interface Answer {
  status: number;
  // deno-lint-ignore no-explicit-any -- whatever the server says
  json: any;
  text: string;
  headers: Headers;
}

/** What else a request has. */
export interface RequestOptions {
  body?: unknown;
  token?: string | null;
  headers?: Record<string, string>;
}

/** A client of the API that knows its document. */
export class ApiClient {
  // deno-lint-ignore no-explicit-any -- a document of a standard's own shape
  readonly document: any;
  readonly #url: string;
  readonly #ajv = new Ajv2020({ strict: false, validateFormats: false });

  // deno-lint-ignore no-explicit-any -- as above
  constructor(url: string, document: any) {
    this.#url = url;
    this.document = document;
  }

  /** Gets the document and makes a client. */
  static async of({ url }: { url: string }): Promise<ApiClient> {
    const response = await fetch(`${url}api/v1/openapi.json`, {
      headers: { authorization: `Bearer ${TOKEN}` },
    });
    assert.equal(response.status, 200);
    return new ApiClient(url, await response.json());
  }

  /** Sends a request below the API's root, and checks that the document allows the answer. */
  async send(method: string, path: string, options: RequestOptions = {}): Promise<Answer> {
    const { body, token = TOKEN, headers = {} } = options;
    const response = await fetch(`${this.#url}api/v1${path}`, {
      method,
      headers: {
        ...(token === null ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...headers,
      },
      body: body === undefined ? undefined : typeof body === "string" ? body : JSON.stringify(body),
    });
    const text = await response.text();
    const isJson = /json/.test(response.headers.get("content-type") ?? "");
    const answer = {
      status: response.status,
      json: isJson ? JSON.parse(text) : null,
      text,
      headers: response.headers,
    };
    this.check(method, path, answer);
    return answer;
  }

  /** Fails when the document does not foresee an answer. */
  check(method: string, path: string, { status, json, text, headers }: Answer): void {
    const operation = this.#operation(method, path.replace(/\?.*/, ""));
    if (!operation) {
      return assert.ok([404, 405, 401, 403].includes(status), `${method} ${path} gave ${status}: ${text}`);
    }
    const foreseen = operation.responses[status];
    assert.ok(foreseen, `${method} ${path} gave ${status}, which the document does not foresee: ${text}`);
    const type = headers.get("content-type")?.split(";")[0] ?? "";
    const { schema } = foreseen.content[type] ?? {};
    assert.ok(foreseen.content[type], `${method} ${path} gave ${type}`);
    if (!schema) return;
    const resolved = schema.$ref ? this.document.components.schemas.Problem : schema;
    const valid = this.#ajv.validate(resolved, json);
    assert.ok(valid, `${method} ${path}: ${this.#ajv.errorsText()} in ${text.slice(0, 500)}`);
  }

  // deno-lint-ignore no-explicit-any -- as above
  #operation(method: string, path: string): any {
    const parts = `/api/v1${path}`.split("/");
    const score = (url: string) => url.split("/").filter((part, i) => part === parts[i]).length;
    const [best] = Object.keys(this.document.paths)
      .filter((url) =>
        url.split("/").length === parts.length &&
        url.split("/").every((part, i) => part.startsWith("{") || part === parts[i]) &&
        this.document.paths[url][method.toLowerCase()]
      )
      .sort((a, b) => score(b) - score(a));
    return best && this.document.paths[best][method.toLowerCase()];
  }
}
