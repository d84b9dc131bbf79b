/**
 * @module
 * The address of a store in PostgreSQL, as `psql` takes it, with what is our own in its query: `schema`,
 * `connect_timeout` and `prepare`. Invariant: what is shown of an address holds no password.
 */
import { BadInput } from "../../../domain/errors.ts";
import type { Target } from "./driver.ts";

/** Where a store is. */
export interface Address extends Target {
  /** The schema that holds its tables. */
  schema: string;
  /** False where a pooler stands between: then nothing is kept on a connection. */
  prepare: boolean;
  /** For people: without password and parameters. */
  shown: string;
}

const DEFAULT_SCHEMA = "queuectl";
/** Anything else would have to be quoted wherever people name it. */
const SCHEMA_PATTERN = /^[a-z_][a-z0-9_]{0,62}$/;
const DEFAULT_CONNECT_S = 10;

/** Whether a text is meant as the address of such a store. */
export function isAddress(text: string): boolean {
  return /^postgres(ql)?:/.test(text);
}

/** @throws {BadInput} when it is none; without the password, if there is one */
export function readAddress(text: string): Address {
  const query = text.indexOf("?");
  const base = query < 0 ? text : text.slice(0, query);
  const parameters = new URLSearchParams(query < 0 ? "" : text.slice(query + 1));
  const shown = withoutPassword(base);
  const match = /^postgres(?:ql)?:\/\/(?:[^@/]*@)?([^@/]*)(?:\/([^/]*))?$/.exec(base);
  if (!match) throw bad(shown, "write it as postgres://USER:PASSWORD@HOST:PORT/DATABASE");
  const schema = parameters.get("schema") ?? DEFAULT_SCHEMA;
  if (!SCHEMA_PATTERN.test(schema) || schema.startsWith("pg_")) {
    throw bad(
      shown,
      `"${schema}" cannot be its schema: that takes a-z 0-9 _, the first no digit, at most 63 of them`,
    );
  }
  const seconds = Number(parameters.get("connect_timeout") ?? DEFAULT_CONNECT_S);
  if (!(seconds >= 1 && seconds <= 3600)) {
    throw bad(shown, "connect_timeout takes a number of seconds from 1 to 3600");
  }
  const prepare = parameters.get("prepare") ?? "true";
  if (!["true", "false"].includes(prepare)) throw bad(shown, "prepare takes true or false");
  for (const own of ["schema", "connect_timeout", "prepare"]) parameters.delete(own);
  return {
    url: parameters.size === 0 ? base : `${base}?${parameters}`,
    connectLimitMs: seconds * 1000,
    applicationName: "queuectl",
    schema,
    prepare: prepare === "true",
    shown,
  };
}

/** An address as it may be shown, with what of its parameters says which store it is. */
export function shownAddress(text: string): string {
  const { shown, schema } = readAddress(text);
  return schema === DEFAULT_SCHEMA ? shown : `${shown}?schema=${schema}`;
}

/** An address without its password and its parameters. */
function withoutPassword(address: string): string {
  return address.replace(/^([^?]*?\/\/[^:@/?]*):[^?]*@/, "$1@").replace(/\?.*$/s, "");
}

function bad(shown: string, why: string): BadInput {
  return new BadInput(`Cannot use the store "${shown}": ${why}`);
}
