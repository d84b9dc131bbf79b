/**
 * @module
 * The address of a store in PostgreSQL, as `psql` takes it, with what is our own in its query: `schema` and `prepare`.
 * Invariant: what is shown of an address holds no password.
 */
import { BadInput } from "../../../domain/errors.ts";
import { envVariable } from "../../../system/environment.ts";
import { withoutPassword } from "../../../domain/secrets.ts";
import { PARAMETERS, type Said, serversOf } from "./servers.ts";
import type { Target } from "./driver.ts";

/** Where a store is. */
export interface Address extends Target {
  /** The schema that holds its tables. */
  schema: string;
  /** What it says of the server; the environment says the rest. */
  said: Said;
  /** False where a pooler stands between: then nothing is kept on a connection. */
  prepare: boolean;
  /** For people: without password and parameters. */
  shown: string;
}

const DEFAULT_SCHEMA = "queuectl";
/** Anything else would have to be quoted wherever people name it. */
const SCHEMA_PATTERN = /^[a-z_][a-z0-9_]{0,62}$/;
const DEFAULT_CONNECT_S = 10;
/** What is our own. */
const OWN = ["schema", "prepare", "connect_timeout"];
const PARTS = /^postgres(?:ql)?:\/\/(?:([^@/:]*)(?::([^@/]*))?@)?([^@/]*)(?:\/([^/]*))?$/;
const HOST = /^(?:\[[0-9a-f:.]+\]|[^:[\]\s]*)(?::(\d{1,5}))?$/i;

/** @throws {BadInput} when it is none; without the password, if there is one */
export function readAddress(text: string): Address {
  const query = text.indexOf("?");
  const base = query < 0 ? text : text.slice(0, query);
  const parameters = new URLSearchParams(query < 0 ? "" : text.slice(query + 1));
  const shown = withoutPassword(text);
  const [match, user, password, host, database] = PARTS.exec(base) ?? [];
  const hosts = (host ?? "").split(",");
  if (match === undefined || !hosts.every((one) => HOST.test(one))) {
    throw bad(
      shown,
      "write it as postgres://USER:PASSWORD@HOST:PORT/DATABASE, in a password %40 for @, %2F for / and %3F for ?",
    );
  }
  const ports = [...hosts.map((one) => HOST.exec(one)?.[1]), ...parameters.get("port")?.split(",") ?? []];
  const noPort = ports.find((port) => port !== undefined && !isPort(port));
  if (noPort !== undefined) throw bad(shown, `"${noPort}" is no port; they go from 1 to 65535`);
  const unknown = [...parameters.keys()].find((key) => !OWN.includes(key) && !PARAMETERS.includes(key));
  if (unknown !== undefined) {
    throw bad(shown, `it takes no "${unknown}"; it takes ${[...OWN, ...PARAMETERS].join(", ")}`);
  }
  const schema = parameters.get("schema") ?? DEFAULT_SCHEMA;
  if (!SCHEMA_PATTERN.test(schema) || schema.startsWith("pg_")) {
    throw bad(
      shown,
      `"${schema}" cannot be its schema: that takes a-z 0-9 _, the first no digit, at most 63 of them`,
    );
  }
  const seconds = secondsToConnect(parameters, shown);
  const prepare = parameters.get("prepare") ?? "true";
  if (!["true", "false"].includes(prepare)) throw bad(shown, "prepare takes true or false");
  const said: Said = {
    shown,
    user: decoded(user, shown),
    password: decoded(password, shown) ?? parameters.get("password") ?? undefined,
    hosts: hosts.map((one) => {
      const port = HOST.exec(one)?.[1];
      const name = port === undefined ? one : one.slice(0, -port.length - 1);
      return { host: decoded(name.replace(/^\[(.*)\]$/, "$1"), shown), port };
    }),
    database: decoded(database, shown),
    parameters,
  };
  checkModes(said);
  return {
    servers: () => serversOf(said),
    connectLimitMs: seconds * 1000,
    applicationName: parameters.get("application_name") ?? "queuectl",
    schema,
    said,
    prepare: prepare === "true",
    shown,
  };
}

function isPort(text: string): boolean {
  return /^\d{0,5}$/.test(text) && (text === "" || Number(text) >= 1 && Number(text) <= 65535);
}

/** As to `psql`, 0 in the environment is as if nothing were said. */
function secondsToConnect(parameters: URLSearchParams, shown: string): number {
  const said = parameters.get("connect_timeout");
  const variable = envVariable("PGCONNECT_TIMEOUT");
  if (said === null && (variable === undefined || Number(variable) === 0)) return DEFAULT_CONNECT_S;
  const seconds = Number(said ?? variable);
  if (seconds >= 1 && seconds <= 3600) return seconds;
  const name = said === null ? "PGCONNECT_TIMEOUT" : "connect_timeout";
  throw bad(shown, `${name} takes a number of seconds from 1 to 3600`);
}

const CHOICES: Readonly<Record<string, readonly string[]>> = {
  sslmode: ["disable", "prefer", "require", "verify-ca", "verify-full"],
  target_session_attrs: ["any", "read-write", "primary"],
};

function checkModes({ parameters, shown }: Said): void {
  for (const [name, choices] of Object.entries(CHOICES)) {
    const value = parameters.get(name);
    if (value === null || choices.includes(value)) continue;
    throw bad(shown, `${name} takes ${choices.slice(0, -1).join(", ")} or ${choices.at(-1)}`);
  }
}

function decoded(text: string | undefined, shown: string): string | undefined {
  if (!text) return undefined;
  try {
    return decodeURIComponent(text);
  } catch {
    throw bad(shown, "a % in it is no code of a character; write it as %25");
  }
}

/** An address as it may be shown, with what of its parameters says which store it is. */
export function shownAddress(text: string): string {
  const { shown, schema } = readAddress(text);
  return schema === DEFAULT_SCHEMA ? shown : `${shown}?schema=${schema}`;
}

function bad(shown: string, why: string): BadInput {
  return new BadInput(`Cannot use the store "${shown}": ${why}`);
}
