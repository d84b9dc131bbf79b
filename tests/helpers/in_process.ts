/**
 * @module
 * A command run within the test, so that the test knows when it has looked at the store and waits for a change.
 */
import type { CommandDefinition, Target } from "../../src/cli/line/command.ts";
import type { Context } from "../../src/cli/line/context.ts";
import type { Store } from "../../src/store/contract.ts";
import { systemClock } from "../../src/system/clock.ts";

/** A command under way. */
export interface RunningCommand {
  /** Resolves once it has looked and waits. */
  waits: Promise<"waits">;
  /** Resolves with its exit code and what it says as JSON. */
  // deno-lint-ignore no-explicit-any -- whatever it says
  ended: Promise<{ code: number; json: any }>;
}

/** Runs a command on an open store. `flags` are by their names in code; those that are left out are not given. */
export function runWithin(
  store: Store,
  target: Target,
  { flags = {}, words = [], address }: {
    flags?: Record<string, unknown>;
    words?: string[];
    address?: string;
  } = {},
): RunningCommand {
  const waits = Promise.withResolvers<"waits">();
  let json: unknown;
  const context = {
    json: true,
    print: { line() {}, note() {}, result: (value: unknown) => json = value },
    clock: {
      ...systemClock,
      sleep(ms: number, signal?: AbortSignal) {
        waits.resolve("waits");
        return systemClock.sleep(ms, signal);
      },
    },
    meant: { address },
    store: () => Promise.resolve(store),
  } as unknown as Context;
  const { flags: known = {}, run } = target.definition as CommandDefinition;
  const none = Object.fromEntries(
    Object.entries(known).map(([name, { kind }]) => [name, kind === "toggle" ? false : undefined]),
  );
  const ended = run(context, { ...none, ...flags }, words).then((code) => ({ code: code ?? 0, json }));
  return { waits: waits.promise, ended };
}
