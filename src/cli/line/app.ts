/**
 * @module
 * The command line: from arguments to an exit code.
 *
 * A new command is one file that exports `command`, and a line for it in `tree.ts`:
 *
 * ```ts
 * export const command = defineCommand({
 *   brief: "Remove jobs",
 *   examples: [["delete job-123", "remove one job"]],
 *   flags: { state: choice(STATES, "only jobs in this state") },
 *   words: { placeholder: "ID", brief: "the jobs", min: 1 },
 *   async run(context, flags, ids) {
 *     const store = await context.store(); // closed for you
 *     await store.delete(ids, { only: flags.state });
 *     context.print.result({ deleted: ids }, () => `Deleted ${ids.length}`);
 *   },
 * });
 * ```
 *
 * It throws a `UserError` (`errors.ts`) when it cannot do what it was asked, and returns an exit code when that is
 * not 0 though nothing failed. It imports at its top only what each of its runs needs. It reads no arguments, opens
 * no store, prints no error and exits nothing itself. Control characters in what users gave go through `visible`
 * (tables and messages do that already). A group with all its commands in one file exports `defineGroup({ … })`.
 */
import { BadInput } from "../../domain/errors.ts";
import { Print } from "../show/print.ts";
import { asksForJson, readArgv } from "./argv.ts";
import { Context } from "./context.ts";
import { scan } from "./scan.ts";
import { loadTree } from "./tree.ts";

/** Runs the command line `queuectl …args` and returns its exit code. Never throws. */
export async function runCli(args: readonly string[]): Promise<number> {
  try {
    requireRuntime();
    const argv = readArgv(args);
    await using context = new Context(argv);
    await runCommand(context, argv.words);
    return context.exitCode;
  } catch (error) {
    const { report } = await import("./problem.ts");
    const json = asksForJson(args);
    return report(error, { print: new Print({ json }), json });
  }
}

/** The oldest Deno that the source is tried with. What is bundled or compiled from it may run on an older one. */
const NEEDED = [2, 9] as const;

/** @throws {BadInput} when the source is run, not what is bundled from it, by a Deno that may not understand it */
function requireRuntime(): void {
  if (!import.meta.url.endsWith(".ts")) return;
  const [major = 0, minor = 0] = Deno.version.deno.split(".").map(Number);
  if (major > NEEDED[0] || major === NEEDED[0] && minor >= NEEDED[1]) return;
  throw new BadInput(
    `Cannot run from source with Deno ${Deno.version.deno}: Deno ${NEEDED.join(".")} or newer is needed`,
  );
}

/** A dash and a letter, or `-0`; other numbers are no flags. */
function mayBeShort(word: string): boolean {
  return /^-[a-z0]/i.test(word);
}

/** Runs the typed command. Throws what it throws, and a `BadInput` where the words make no command. */
async function runCommand(context: Context, words: readonly string[]): Promise<void> {
  const root = await loadTree(words);
  const spelled = words.some(mayBeShort) ? (await import("./short_flags.ts")).spelledOut(root, words) : words;
  const call = scan(root, spelled);
  if (call) {
    context.exitCode = await call.command.run(context, call.flags, call.words) ?? 0;
    return;
  }
  const { runByLibrary } = await import("./by_library.ts");
  await runByLibrary(root, context, spelled);
}
