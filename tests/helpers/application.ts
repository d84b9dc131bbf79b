/**
 * @module
 * The dashboard's application without a server around it: a test asks it directly, with a store that it may put
 * something before, and a clock that it moves.
 */
import { Access, type Tokens } from "../../src/http/access.ts";
import { type Application, makeApplication } from "../../src/http/app.ts";
import { AuditLog } from "../../src/http/audit.ts";
import { Events } from "../../src/http/events.ts";
import type { Store } from "../../src/store/contract.ts";
import { TOKEN } from "./dashboard.ts";
import { FakeClock } from "./fake_clock.ts";
import { type TestStore, testStore } from "./worker.ts";

/** What may differ from a server with one token. */
export interface ApplicationOptions {
  tokens?: Tokens;
  /** The store that it works with, unless it is to be the home's own. */
  store?(own: Store): Store;
}

/** What a request has besides method and path. */
export interface Asked {
  body?: unknown;
  token?: string | null;
  headers?: Record<string, string>;
  address?: string;
  signal?: AbortSignal;
}

/** An application under test, with its home. */
export interface TestApplication extends Disposable {
  test: TestStore;
  clock: FakeClock;
  /** What it told its operator. */
  defects: unknown[];
  /** Any request. */
  application: Application;
  /** Asks for a path, with the token and the body as JSON. The response's body has to be read or cancelled. */
  ask(method: string, path: string, asked?: Asked): Promise<Response>;
  /** The same below the root of the API: status and JSON. */
  send(
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
    // deno-lint-ignore no-explicit-any -- whatever it says
  ): Promise<{ status: number; json: any }>;
}

/** Makes one on a home of its own. */
export async function testApplication(options: ApplicationOptions = {}): Promise<TestApplication> {
  const { tokens = { change: TOKEN, read: null }, store = (own) => own } = options;
  const test = await testStore();
  const { home } = test.dir;
  const clock = new FakeClock();
  const defects: unknown[] = [];
  const onDefect = (error: unknown) => void defects.push(error);
  Deno.mkdirSync(home.logs, { recursive: true });
  const audit = new AuditLog(`${home.logs}/audit.log`, { clock, onFailure: onDefect });
  const used = store(test.store);
  const events = new Events(used, clock);
  const machine = {
    checkShell: async () => {},
    endUnwatched: () => Promise.resolve(undefined),
    canPause: true,
    pauseUnwatched: () => Promise.resolve(undefined),
  };
  const application = makeApplication({
    ...{ home, clock, events, audit, onDefect, machine },
    store: used,
    readOnly: false,
    names: [],
    access: new Access(tokens, clock),
    secure: false,
  });
  const ask = (method: string, path: string, asked: Asked = {}) => {
    const { body, token = TOKEN, headers = {}, address = "192.0.2.7", signal } = asked;
    const request = new Request(`http://127.0.0.1:5000${path}`, {
      method,
      headers: {
        ...(token === null ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...headers,
      },
      body: body === undefined ? undefined : JSON.stringify(body),
      signal,
    });
    return application(request, address);
  };
  return {
    ...{ test, clock, defects, application, ask },
    async send(method, path, body, headers = {}) {
      const response = await ask(method, `/api/v1${path}`, { body, headers });
      return { status: response.status, json: await response.json() };
    },
    [Symbol.dispose]() {
      events[Symbol.dispose]();
      audit[Symbol.dispose]();
      test[Symbol.dispose]();
    },
  };
}

/** A store that does some things otherwise than the one behind it. */
export function altered(own: Store, changes: Partial<Store>): Store {
  return new Proxy(own, {
    get(target, name) {
      const value = Reflect.get(changes, name) ?? Reflect.get(target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}
