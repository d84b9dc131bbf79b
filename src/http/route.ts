/**
 * @module
 * What a route of the API is: where it is, what it takes, what it answers, and what it does. The server and the API's
 * document are both made from it.
 */
import type { Store } from "../store/contract.ts";
import type { Clock } from "../system/clock.ts";
import type { Home } from "../system/home.ts";
import type { Events } from "./events.ts";
import type { Input, Inputs, InputValues, JsonSchema } from "./inputs.ts";
import type { ProblemKind } from "./problem.ts";

/** What a token allows: to look, or to change as well. */
export type Right = "read" | "change";

/** What handlers work with. */
export interface Services {
  /** Stays open as long as the server runs. */
  store: Store;
  /** Where the store and the logs are. */
  home: Home;
  /** What time it is. */
  clock: Clock;
  /** Tells clients of changes. */
  events: Events;
  /** Does what takes processes. */
  machine: Machine;
}

/** What takes processes, of which the server knows nothing: whoever starts it brings it along. */
export interface Machine {
  /** Refuses a shell that runs no commands. @throws {BadInput} */
  checkShell(shell: string): Promise<void>;
  /**
   * Ends the processes of those of the jobs that were called off, where no worker is left to do it. Tells whether that
   * could be done, and of how many it could not; undefined when a worker is there, or nothing is to be ended.
   */
  endUnwatched(ids: readonly string[]): Promise<{ ended: boolean; left: number } | undefined>;
  /** Whether running jobs can be paused on this system. */
  canPause: boolean;
  /**
   * Does to the processes of running jobs what was asked for, to stand still or to go on, where no worker is left to do
   * it. Tells whether that could be done, and to how many it could not; undefined when a worker is there.
   */
  pauseUnwatched(ids: readonly string[]): Promise<{ done: boolean; unstopped: number } | undefined>;
}

/** One request, read and checked. */
export interface Call<P extends string, Q extends Inputs, B> extends Services {
  /** The named parts of the path. */
  path: Readonly<Record<P, string>>;
  /** The query. */
  query: InputValues<Q>;
  /** The body. */
  body: B;
  /** In ms since the epoch. */
  now: number;
  /** The request itself, for what is not JSON. */
  request: Request;
  /** What whoever asks may do on this server. */
  right: Right;
}

/** The ways to act on a thing. Only `GET` changes nothing. */
export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

/** What a route answers when all goes well. */
export interface Answer {
  /** 200 unless given. */
  status?: number;
  /** What it is, one line. */
  description: string;
  /** The schema of the JSON. */
  schema?: JsonSchema;
  /** The media type, where it is not JSON. */
  type?: string;
}

/** The jobs that a request has changed, by their ids or as those that a filter found. */
export interface Changed {
  /** Ids. */
  jobs?: readonly string[] | undefined;
  /** As it was said. */
  filter?: Readonly<Record<string, unknown>> | undefined;
}

/** A route. */
export interface Route<P extends string = string, Q extends Inputs = Inputs, B = unknown> {
  /** How. */
  method: Method;
  /** Where, below the API's root, with parts such as `:id`. */
  url: string;
  /** What it does, one line. */
  summary: string;
  /** The group it belongs to in the document. */
  tag: string;
  /** The named parts of the path. */
  path?: Readonly<Record<P, Input<string>>>;
  /** What the query may have. */
  query?: Q;
  /** The headers it heeds besides what HTTP has; it reads them itself. */
  headers?: Readonly<Record<string, Input<string>>>;
  /** What the body is; without it there is none. */
  body?: Input<B>;
  /** The answer. */
  answer: Answer;
  /** What else may come of it, besides what may come of anything. */
  problems?: readonly ProblemKind[];
  /** Which jobs it has changed, for the audit log, where its path does not name them. */
  // deno-lint-ignore no-explicit-any -- its own answer, which `run` gives as what any route may
  changed?(body: B, answer: any): Changed;
  /** Does it. Returns what is to be sent as JSON, or a response. */
  run(call: Call<P, Q, B>): Promise<unknown>;
}

/** Writes a route down; only so that its parts have their types. */
export function defineRoute<
  const P extends string = never,
  const Q extends Inputs = Record<never, never>,
  B = undefined,
>(route: Route<P, Q, B>): Route {
  return route as unknown as Route;
}
