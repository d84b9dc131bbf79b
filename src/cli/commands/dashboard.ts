/**
 * @module
 * `queuectl dashboard`: serves the pages and the API.
 */
import { BadInput } from "../../domain/errors.ts";
import { Access, newToken, SHORTEST_TOKEN, type Tokens } from "../../http/access.ts";
import { makeApplication } from "../../http/app.ts";
import { AuditLog } from "../../http/audit.ts";
import { Events } from "../../http/events.ts";
import { serve } from "../../http/serve.ts";
import { envVariable } from "../../system/environment.ts";
import { thisPlatform } from "../../worker/process/this_platform.ts";
import { defineCommand, type Target } from "../line/command.ts";
import type { Context } from "../line/context.ts";
import { count, text, toggle } from "../line/flags.ts";
import { report } from "../line/problem.ts";
import { checkShell } from "./check_shell.ts";
import { isLoopback } from "./dashboard/loopback.ts";
import { stopSignal } from "./dashboard/stop_signal.ts";
import { endUnwatched } from "./end_unwatched.ts";
import { pauseUnwatched } from "./pause_unwatched.ts";

export const command: Target = defineCommand({
  brief: "Serve the dashboard and the HTTP API",
  description:
    "Prints an address with a token. Whoever has that token can run commands as you; whoever has the " +
    "one of --read-token can only look. The API is described at /api/v1/openapi.json.",
  examples: [
    ["dashboard", "on this machine, at port 5000"],
    ["dashboard --port 0 --read-only", "at any free port, for looking only"],
    ["dashboard --host 0.0.0.0 --cert cert.pem --key key.pem", "for other machines, by TLS"],
  ],
  flags: {
    host: text("ADDRESS", "where to listen (default: 127.0.0.1)"),
    port: count({ min: 0, max: 65_535 }, "the port; 0 is any that is free (default: 5000)"),
    name: text("NAME,…", "host names to answer to, besides addresses and localhost"),
    token: text(
      "TOKEN",
      "the token, for all on this machine to see (default: $QUEUECTL_TOKEN, else a new one)",
    ),
    readToken: text("TOKEN", "a second token, for looking only"),
    noAuth: toggle("ask for no token; only on this machine"),
    readOnly: toggle("refuse every change"),
    cert: text("FILE", "certificate for TLS, in PEM"),
    key: text("FILE", "its key"),
  },
  async run(context, flags) {
    const { clock, home, print } = context;
    const { host = "127.0.0.1", port = 5000, readOnly } = flags;
    const tokens = tokensFrom(flags, host);
    const tls = await readTls(flags);
    const store = await context.store();
    Deno.mkdirSync(home.logs, { recursive: true, mode: 0o700 });
    const onDefect = (error: unknown) => void report(error, { print, json: context.json });
    using audit = new AuditLog(`${home.logs}/audit.log`, { clock, onFailure: onDefect });
    using events = new Events(store, clock);
    using stop = stopSignal();
    const application = makeApplication({
      ...{ store, home, clock, events, audit, readOnly },
      machine: {
        checkShell,
        endUnwatched: (ids) => endUnwatched(context, ids),
        canPause: thisPlatform.canPause,
        pauseUnwatched: (ids) => pauseUnwatched(context, ids),
      },
      names: (flags.name ?? "").split(",").map((name) => name.trim().toLowerCase()).filter((name) =>
        name !== ""
      ),
      access: new Access(tokens, clock),
      secure: tls !== null,
      onDefect,
    });
    const serving = serve(application, { host, port, tls, signal: stop.signal });
    const address = `${tls ? "https" : "http"}://${host.includes(":") ? `[${host}]` : host}:${serving.port}/`;
    const url = tokens.change === null ? address : `${address}?token=${tokens.change}`;
    print.result({ url, address, token: tokens.change, read_only: readOnly }, () => url);
    warn(context, { host, tokens, tls: tls !== null });
    stop.signal.addEventListener("abort", () => events[Symbol.dispose]());
    await serving.ended;
  },
});

/** @throws {BadInput} for tokens that could be guessed, or none where others can reach the server */
function tokensFrom(
  flags: { token: string | undefined; readToken: string | undefined; noAuth: boolean },
  host: string,
): Tokens {
  const { token, readToken = null, noAuth } = flags;
  if (noAuth) {
    if (token !== undefined || readToken !== null) throw new BadInput("Cannot use --no-auth with a token");
    if (isLoopback(host)) return { change: null, read: null };
    throw new BadInput(`Cannot use --no-auth on "${host}": whoever reaches it could run commands as you`);
  }
  const change = token ?? envVariable("QUEUECTL_TOKEN") ?? newToken();
  for (const one of [change, readToken]) {
    if (one !== null && (one.length < SHORTEST_TOKEN || !/^[\w.~+/=-]+$/.test(one))) {
      throw new BadInput(
        `Cannot use this token: it takes at least ${SHORTEST_TOKEN} of the characters A-Z a-z 0-9 . _ ~ + / = -`,
      );
    }
  }
  if (change === readToken) throw new BadInput("Cannot use the same token for changing and for looking");
  return { change, read: readToken };
}

/** @throws {BadInput} when only one of the two is given, or one cannot be read */
async function readTls(
  { cert, key }: { cert: string | undefined; key: string | undefined },
): Promise<{ cert: string; key: string } | null> {
  if (cert === undefined && key === undefined) return null;
  if (cert === undefined || key === undefined) {
    throw new BadInput("Cannot use --cert without --key, or the reverse");
  }
  const read = async (path: string) => {
    try {
      return await Deno.readTextFile(path);
    } catch (error) {
      if (error instanceof Deno.errors.NotCapable) throw error;
      throw new BadInput(
        `Cannot read "${path}": ${
          error instanceof Deno.errors.NotFound ? "no such file" : "it is no text file"
        }`,
      );
    }
  };
  return { cert: await read(cert), key: await read(key) };
}

/** What those who start it had better know. */
function warn(
  { print }: Context,
  { host, tokens, tls }: { host: string; tokens: Tokens; tls: boolean },
): void {
  if (tokens.change === null) {
    print.note("Warning: every user of this machine can run commands as you through this server");
  }
  if (isLoopback(host)) return;
  print.note(
    `Warning: everyone who reaches ${host} and has the token can run commands as you` +
      (tls ? "" : "; without --cert and --key, whoever is on the way can read the token"),
  );
}
