/**
 * @module
 * From an address to the servers that may be behind it, as `psql` finds them: what it does not say is said by the
 * variables `PG…`, a password also by `~/.pgpass`. Variables that may not be read say nothing. Reads files and the
 * environment anew each time, since passwords and certificates change.
 */
import { BadInput, StoreUnusable } from "../../../domain/errors.ts";
import { envVariable } from "../../../system/environment.ts";
import { isGranted, permissionMissing } from "../../../system/permissions.ts";
import { passwordFile, passwordFor } from "./passwords.ts";

/** What an address says. */
export interface Said {
  /** Without its password. */
  shown: string;
  user: string | undefined;
  password: string | undefined;
  hosts: readonly { host: string | undefined; port: string | undefined }[];
  database: string | undefined;
  parameters: URLSearchParams;
}

/** A server to connect to. */
export interface Server {
  /** A name or an address, or the directory of its socket. */
  host: string;
  port: number;
  user: string | undefined;
  password: string | undefined;
  /** What is to be said where the password does not do. */
  aboutPassword: string;
  database: string | undefined;
  tls: Tls | undefined;
  /** More settings of the connection, as `-c name=value`. */
  options: string | undefined;
  /** It must take writes. */
  writes: boolean;
}

/** How what goes to a server and back is encrypted. */
export interface Tls {
  /** Go on without where the server knows none. */
  optional: boolean;
  /** As the runtime takes it. */
  options: {
    rejectUnauthorized: boolean;
    ca?: string;
    cert?: string;
    key?: string;
    passphrase?: string;
    checkServerIdentity?: () => undefined;
  };
}

/** Parameters of an address that others know, too. */
export const PARAMETERS: readonly string[] = [
  "host",
  "port",
  "user",
  "password",
  "dbname",
  "passfile",
  "sslmode",
  "sslrootcert",
  "sslcert",
  "sslkey",
  "sslpassword",
  "options",
  "application_name",
  "target_session_attrs",
];

/** What the environment may say, as to others. */
export const VARIABLES: readonly string[] = [
  "PGHOST",
  "PGPORT",
  "PGUSER",
  "PGPASSWORD",
  "PGPASSFILE",
  "PGDATABASE",
  "PGSSLMODE",
  "PGSSLROOTCERT",
  "PGSSLCERT",
  "PGSSLKEY",
  "PGSSLPASSWORD",
  "PGOPTIONS",
  "PGTARGETSESSIONATTRS",
  "PGCONNECT_TIMEOUT",
  "USER",
  "USERNAME",
];

const DEFAULT_PORT = 5432;
const DEFAULT_HOST = "localhost";

/** All servers of an address, in its order. @throws {StoreUnusable} for a certificate that cannot be read */
export function serversOf(said: Said): Server[] {
  const { parameters } = said;
  const value = (parameter: string, variable: string) =>
    parameters.get(parameter) ?? envVariable(variable) ?? undefined;
  const user = said.user ?? value("user", "PGUSER") ?? envVariable("USER") ?? envVariable("USERNAME");
  const database = said.database ?? value("dbname", "PGDATABASE") ?? user;
  const writes = ["read-write", "primary"].includes(
    value("target_session_attrs", "PGTARGETSESSIONATTRS") ?? "any",
  );
  return placesOf(said).map(({ host, port }) => {
    const isSocket = host.startsWith("/");
    const known = said.password ?? envVariable("PGPASSWORD");
    const found = known === undefined
      ? passwordFor(
        { host: isSocket ? "localhost" : host, port, database, user },
        value("passfile", "PGPASSFILE"),
      )
      : { password: known, about: "" };
    return {
      host,
      port,
      user,
      password: found.password,
      aboutPassword: found.about,
      database,
      tls: isSocket ? undefined : tlsOf(said, value),
      options: value("options", "PGOPTIONS"),
      writes,
    };
  });
}

/** Where it may be reached. Hosts and ports may be lists. */
export function placesOf({ hosts, parameters }: Said): { host: string; port: number }[] {
  const listed = parameters.get("host")?.split(",");
  const ports = (parameters.get("port") ?? envVariable("PGPORT"))?.split(",") ?? [];
  const named = listed?.map((host) => ({ host, port: undefined })) ?? hosts;
  const all = named.length === 1 && !named[0]!.host
    ? (envVariable("PGHOST") ?? DEFAULT_HOST).split(",").map((host) => ({ host, port: named[0]!.port }))
    : named;
  return all.map(({ host, port }, at) => ({
    host: host || DEFAULT_HOST,
    port: Number(port ?? (ports.length > 1 ? ports[at] : ports[0]) ?? DEFAULT_PORT),
  }));
}

function tlsOf(
  { shown }: Said,
  value: (parameter: string, variable: string) => string | undefined,
): Tls | undefined {
  const root = value("sslrootcert", "PGSSLROOTCERT");
  const mode = value("sslmode", "PGSSLMODE") ?? "prefer";
  if (mode === "disable") return undefined;
  const file = (path: string | undefined) => path === undefined ? undefined : contentOf(path, shown);
  const cert = file(value("sslcert", "PGSSLCERT"));
  const key = file(value("sslkey", "PGSSLKEY"));
  const passphrase = value("sslpassword", "PGSSLPASSWORD");
  const ca = root === undefined || root === "system" ? undefined : contentOf(root, shown);
  const options = {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(passphrase === undefined ? {} : { passphrase }),
  };
  switch (mode) {
    case "allow":
    case "prefer":
      return { optional: true, options: { ...options, rejectUnauthorized: false } };
    case "require":
      if (ca === undefined) return { optional: false, options: { ...options, rejectUnauthorized: false } };
      // with a certificate to hold it against, as verify-ca
      /* falls through */
    case "verify-ca":
      if (ca === undefined) {
        throw new BadInput(
          `Cannot use the store "${shown}": sslmode=verify-ca takes sslrootcert=FILE; without, take verify-full`,
        );
      }
      return {
        optional: false,
        options: { ...options, rejectUnauthorized: true, checkServerIdentity: () => undefined },
      };
    case "verify-full":
      return { optional: false, options: { ...options, rejectUnauthorized: true } };
    default:
      throw new BadInput(`Cannot use the store "${shown}": PGSSLMODE is "${mode}", which is no mode`);
  }
}

function contentOf(path: string, shown: string): string {
  const needed = [{ name: "read", path }] as const;
  if (!needed.every(isGranted)) throw permissionMissing(`Cannot use the store "${shown}"`, needed);
  try {
    return Deno.readTextFileSync(path);
  } catch (error) {
    const why = error instanceof Deno.errors.NotFound ? "there is no such file" : "it cannot be read";
    throw new StoreUnusable(`Cannot use the store "${shown}": of "${path}", ${why}`);
  }
}

/** What the runtime has to permit for it. */
export function permissionsFor(said: Said): Deno.PermissionDescriptor[] {
  const files = ["sslrootcert", "sslcert", "sslkey"].map((name) =>
    said.parameters.get(name) ?? envVariable(`PG${name.toUpperCase()}`)
  ).filter((path) => path !== undefined && path !== "system");
  return [
    ...placesOf(said).flatMap(({ host, port }): Deno.PermissionDescriptor[] => {
      if (!host.startsWith("/")) {
        return [{ name: "net", host: host.includes(":") ? `[${host}]:${port}` : `${host}:${port}` }];
      }
      const path = `${host}/.s.PGSQL.${port}`;
      return [{ name: "net", host: `unix:${path}` }, { name: "read", path }, { name: "write", path }];
    }),
    ...files.map((path) => ({ name: "read", path: path! }) as const),
  ];
}

/** What else it makes use of where it is permitted. */
export function usefulFor(said: Said): Deno.PermissionDescriptor[] {
  const file = passwordFile(said.parameters.get("passfile") ?? envVariable("PGPASSFILE"));
  return [
    ...(said.password !== undefined || file === undefined ? [] : [{ name: "read", path: file } as const]),
    ...VARIABLES.map((variable) => ({ name: "env", variable }) as const),
  ].filter(isGranted);
}
