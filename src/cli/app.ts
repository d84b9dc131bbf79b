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
import { BadInput } from "../errors.ts";
import { asksForJson, readArgv } from "./argv.ts";
import type { CommandDefinition, Target } from "./command.ts";
import { Context } from "./context.ts";
import { Print } from "./print.ts";
import { buildApplication, type RouteMap, run, type StricliIntegration, text_en } from "./stricli.ts";
import { loadTree } from "./tree.ts";
import { unknownCommand, usageProblem } from "./usage.ts";

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
    return report(error, { print: new Print(json), json });
  }
}

/** The oldest Deno that the source is tried with. What is bundled or compiled from it runs on 2.4, too. */
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

/** Runs the typed command. Throws what it throws, and a `BadInput` where the words make no command. */
async function runCommand(context: Context, words: readonly string[]): Promise<void> {
  const root = await loadTree(words);
  let failure: { error: unknown } | undefined;
  /** Keeps the first error for us: the library would print it, and has exit codes of its own. */
  const keep = (error: unknown) => {
    failure ??= { error };
    return "";
  };
  const app = buildApplication(root as Target & RouteMap<Context>, {
    name: "queuectl",
    scanner: {
      caseStyle: "allow-kebab-for-camel",
      allowArgumentEscapeSequence: true,
      distanceOptions: {
        threshold: 3,
        weights: { insertion: 1, deletion: 3, substitution: 2, transposition: 0 },
      },
    },
    localization: {
      text: {
        ...text_en,
        noCommandRegisteredForInput: ({ input, corrections }) =>
          keep(unknownCommand(input, corrections.map((one) => one.replaceAll("`", '"')))),
        exceptionWhileParsingArguments: (error) => keep(usageProblem(error, adviceFor(root, words))),
        exceptionWhileRunningCommand: keep,
        exceptionWhileRunningIntegrationFlag: ({ exception }) => keep(exception),
      },
    },
  }, { help: HELP });
  await run(app, words, context);
  if (failure) throw failure.error;
}

const HELP: StricliIntegration<Context> = {
  flag: {
    brief: "print help",
    global: true,
    aliases: ["h"],
    defaultForRouteMap: true,
    async run(_app, { result }) {
      const { helpFor } = await import("./help.ts");
      new Print(false).line(helpFor(result.target as typeof result.target & Target, result.prefix));
    },
  },
};

/** The advice of the command that was typed. */
function adviceFor(root: Target, words: readonly string[]): string | undefined {
  let definition = root.definition;
  for (const word of words) {
    if (!("routes" in definition) || !Object.hasOwn(definition.routes, word)) break;
    definition = definition.routes[word]!.definition;
  }
  return (definition as Partial<CommandDefinition>).advice;
}
