/**
 * @module
 * The program run within the test: what its process would print and exit with, for a tenth of the time, which is what
 * starting a process takes. What it asks of its surroundings is answered as to a process of `cli.ts`, with the same
 * permissions; but they are not enforced where it does not ask. Invariant: whatever else runs in the test notices
 * nothing. What changes its process as a whole, runs in another directory, or is given variables that only the runtime
 * reads, is a process here, too. Where signals, terminals, or what is enforced are the subject, take `cli.ts`.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import { runCli } from "../../src/cli/line/app.ts";
import { bundledMain } from "./bundled.ts";
import { type Finished, queuectl as process, RUN_FLAGS, type RunOptions } from "./cli.ts";

export type { Finished };

/** What `--allow-KIND=…` names; null where all of the kind is allowed. */
type Allowed = ReadonlyMap<string, ReadonlySet<string> | null>;

/** What stands for the surroundings of a process. */
interface Surroundings {
  env: Record<string, string>;
  allowed: Allowed;
  stdin: unknown;
  stdout: Collected;
  stderr: Collected;
  over: boolean;
}

/** A stream that is read when the command is over. */
class Collected {
  readonly #pieces: Uint8Array<ArrayBuffer>[] = [];

  isTerminal(): boolean {
    return false;
  }

  writeSync(bytes: Uint8Array): number {
    this.#pieces.push(new Uint8Array(bytes));
    return bytes.length;
  }

  write(bytes: Uint8Array): Promise<number> {
    return Promise.resolve(this.writeSync(bytes));
  }

  async text(): Promise<string> {
    return new TextDecoder().decode(await new Blob(this.#pieces).arrayBuffer());
  }
}

const current = new AsyncLocalStorage<Surroundings>();

/** What the command under way finds. A callback of the runtime may still carry what a command that is over found. */
function found(): Surroundings | undefined {
  const surroundings = current.getStore();
  return surroundings?.over ? undefined : surroundings;
}

/** Runs `queuectl …args` to its end. Of `program`, the flags say what it may do; what they name by path is not looked at. */
export async function queuectl(args: readonly string[], options: RunOptions): Promise<Finished> {
  if (PROCESS.test(args.join(" "))) {
    return process(args, { program: [...RUN_FLAGS, await bundledMain()], ...options });
  }
  const { home, stdin = "", env = {}, program = RUN_FLAGS } = options;
  const allowed = allowedBy(program);
  if (
    options.cwd !== undefined || options.detached || !Object.keys(env).every((name) => mayRead(name, allowed))
  ) {
    return process(args, options);
  }
  const surroundings: Surroundings = {
    env: { QUEUECTL_HOME: home, NO_COLOR: "1", ...env },
    allowed,
    stdin: { isTerminal: () => false, read: reader(new TextEncoder().encode(stdin)) },
    stdout: new Collected(),
    stderr: new Collected(),
    over: false,
  };
  const code = await current.run(surroundings, () => runCli(args));
  surroundings.over = true;
  const [stdout, stderr] = await Promise.all([surroundings.stdout.text(), surroundings.stderr.text()]);
  return { code, stdout, stderr };
}

/** What changes its process as a whole. */
const PROCESS = /^(?!.*--help)(worker start|dashboard)( |$)/;

function allowedBy(program: readonly string[]): Allowed {
  const allowing = program.flatMap((word) =>
    [/^--allow-([a-z]+)(?:=(.*))?$/.exec(word)].filter((found) => found !== null)
  );
  return new Map(
    allowing.map(([, kind, values]) => [kind!, values === undefined ? null : new Set(values.split(","))]),
  );
}

function isAllowed(permission: Deno.PermissionDescriptor, allowed: Allowed): boolean {
  const named = allowed.get(permission.name);
  if (!named) return named === null || allowed.has("all");
  const { command, variable, kind } = permission as unknown as Record<string, string | undefined>;
  return named.has(command ?? variable ?? kind ?? "");
}

function mayRead(variable: string, allowed: Allowed): boolean {
  return isAllowed({ name: "env", variable }, allowed);
}

function standForStream(name: "stdin" | "stdout" | "stderr"): void {
  const real = Deno[name];
  Object.defineProperty(Deno, name, { configurable: true, get: () => found()?.[name] ?? real });
}

function standForEnvironment(): void {
  const { get, toObject } = Deno.env;
  Deno.env.get = (name) => {
    const surroundings = found();
    if (!surroundings || name.startsWith("NODE_")) return get(name); // those are the runtime's own
    if (!mayRead(name, surroundings.allowed)) throw missing(` to "${name}"`);
    return name in surroundings.env ? surroundings.env[name] : get(name);
  };
  Deno.env.toObject = () => {
    const surroundings = found();
    if (!surroundings) return toObject();
    if (!isAllowed({ name: "env" }, surroundings.allowed)) throw missing("");
    return { ...toObject(), ...surroundings.env };
  };
}

function missing(what: string): Error {
  return new Deno.errors.NotCapable(`Requires env access${what}, run again with the --allow-env flag`);
}

function standForPermissions(): void {
  const { permissions } = Deno;
  const real = {
    query: permissions.querySync.bind(permissions),
    revoke: permissions.revokeSync.bind(permissions),
  };
  permissions.querySync = (permission) => {
    const surroundings = found();
    if (!surroundings) return real.query(permission);
    return {
      state: isAllowed(permission, surroundings.allowed) ? "granted" : "prompt",
    } as Deno.PermissionStatus;
  };
  permissions.revokeSync = (permission) => {
    if (!found()) return real.revoke(permission);
    throw new Error("This command drops permissions: it wants a process");
  };
}

for (const name of ["stdin", "stdout", "stderr"] as const) standForStream(name);
standForEnvironment();
standForPermissions();

/** Hands over some bytes, as a file does. */
function reader(bytes: Uint8Array): (into: Uint8Array) => Promise<number | null> {
  let left = bytes;
  return (into) => {
    const some = left.subarray(0, into.length);
    left = left.subarray(some.length);
    into.set(some);
    return Promise.resolve(some.length === 0 ? null : some.length);
  };
}
