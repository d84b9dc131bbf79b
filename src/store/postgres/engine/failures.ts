/**
 * @module
 * What a server or the way to it says when something is wrong, in the words of queuectl: recognised by its codes here
 * and nowhere else. No sentence holds a password.
 */
import { StoreBusy, StoreFull, StoreNewer, StoreUnusable, UserError } from "../../../domain/errors.ts";
import { permissionMissing } from "../../../system/permissions.ts";
import type { Address } from "./address.ts";
import { Lost, NO_TLS, ServerError, Unreachable } from "./driver.ts";
import { permissionsFor } from "./servers.ts";

/** The server undid a transaction so that others could go on: the same may be asked again. */
export function mayTryAgain(error: unknown): boolean {
  return error instanceof ServerError && (error.code === "40P01" || error.code === "40001");
}

/** The unique index that refused a row; undefined when that was not the reason. */
export function takenIn(error: unknown): string | undefined {
  return error instanceof ServerError && error.code === "23505" ? error.constraint : undefined;
}

/** This user lacks a privilege for it; also once it was explained. */
export function isForbidden(error: unknown): boolean {
  const known = error instanceof StoreUnusable ? error.cause : error;
  return known instanceof ServerError && known.code === "42501";
}

/** An exchange has not the number that comes next. The code is the schema's own. */
export function isOutOfTurn(error: unknown): boolean {
  return error instanceof ServerError && error.code === "QU002";
}

/** The tables, or some of them, are not there. */
export function isMissing(error: unknown): boolean {
  return error instanceof ServerError && ["42P01", "3F000", "42883", "42703"].includes(error.code);
}

/** Codes of the server and our sentences; `%` stands for the address. */
const SENTENCES: readonly (readonly [RegExp, string, typeof StoreUnusable])[] = [
  [/^28P01$/, "Cannot use the store %: the password is wrong, or none was given", StoreUnusable],
  [/^28/, "Cannot use the store %: the server does not let this user in", StoreUnusable],
  [/^3D000$/, "Cannot use the store %: there is no such database; create it first", StoreUnusable],
  [/^42501$/, "Cannot use the store %: this user lacks ", StoreUnusable],
  [/^(53100|53200)$/, "Cannot write to the store %: the server has no room left", StoreFull],
  [/^53300$/, "Cannot use the store %: the server has no connection left for it", StoreBusy],
  [/^(57P03|57P05)$/, "Cannot use the store %: the server is starting up or shutting down", StoreBusy],
  [/^(25006)$/, "Cannot write to the store %: the server takes no writes, as a standby does", StoreUnusable],
  [/^(55P03|57014)$/, "Cannot use the store %: it is busy", StoreBusy],
  [
    /^(42P01|3F000|42883|42703)$/,
    "Cannot use the store %: its tables are not those of this queuectl; update queuectl",
    StoreNewer,
  ],
  [
    /^QU004$/,
    "Cannot use the store %: a pooler in statement mode stands between; set pool_mode = transaction there, or go past it",
    StoreUnusable,
  ],
  [/^(40P01|40001)$/, "Cannot use the store %: others change the same jobs; try again", StoreBusy],
];

/** The error to throw instead of `error`: one for the user where there is a sentence for it, else itself. */
export function explain(error: unknown, { shown, said }: Pick<Address, "shown" | "said">): unknown {
  if (error instanceof UserError) return error;
  if (error instanceof Deno.errors.NotCapable) {
    return permissionMissing(`Cannot reach the store "${shown}"`, permissionsFor(said));
  }
  if (error instanceof ServerError) {
    for (const [pattern, sentence, Unusable] of SENTENCES) {
      if (pattern.test(error.code)) {
        const about = error.code === "28P01" ? error.detail : error.code === "42501" ? lacking(error) : "";
        return new Unusable(sentence.replace("%", () => `"${shown}"`) + about, { cause: error });
      }
    }
    return error;
  }
  if (error instanceof Lost) {
    return new StoreUnusable(`Cannot use the store "${shown}": ${reasonOf(error)}`, { cause: error });
  }
  return error;
}

/** Which privilege, as it would be granted. */
function lacking({ detail }: ServerError): string {
  return detail || "a privilege there";
}

const NOT_FOR_HOST =
  "its certificate is not for this host; name the host that it is for, or take sslmode=verify-ca";

/** Why nobody answers, in a few words. */
function reasonOf(error: Lost): string {
  const { message, cause } = error;
  const isUnreachable = error instanceof Unreachable;
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
  switch (code) {
    case "ECONNREFUSED":
    case "ENOENT":
      return "no server answers there";
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return "its host is not known";
    case "ECONNRESET":
    case "EPIPE":
      return "the connection was lost";
    case "ERR_TLS_CERT_ALTNAME_INVALID":
      return NOT_FOR_HOST;
  }
  if (message === NO_TLS) return "the server knows no TLS; set that up, or take sslmode=disable";
  if (/not valid for/.test(message)) return NOT_FOR_HOST;
  if (message.includes("CaUsedAsEndEntity")) {
    return "its certificate is an authority's, which this runtime takes for no server's; make it with CA:FALSE";
  }
  if (/certificate/i.test(message)) {
    return "its certificate cannot be verified; name the one that signed it with sslrootcert=FILE";
  }
  const says = message.startsWith("no answer") ||
    isUnreachable && message !== "Connection terminated unexpectedly";
  return says ? message : "the connection was lost";
}
