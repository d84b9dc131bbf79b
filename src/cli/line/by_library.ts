/**
 * @module
 * Command lines that are not plain (see `scan.ts`): the library reads them, runs what can be run, helps, and says what
 * is wrong with the rest.
 */
import { Print } from "../show/print.ts";
import type { CommandDefinition, GroupDefinition, Target } from "./command.ts";
import { GLOBAL_FLAGS } from "./command.ts";
import { commandsMeant, commandsMeantIn } from "./command_meant.ts";
import type { Context } from "./context.ts";
import { walk } from "./scan.ts";
import {
  buildApplication,
  buildCommand,
  buildRouteMap,
  type Command,
  type RouteMap,
  run,
  type StricliIntegration,
  text_en,
} from "./stricli.ts";
import { refuseValuesOfToggles, type Typed, unknownCommand, usageProblem } from "./usage.ts";

/** Runs the typed command. Throws what it throws, and a `BadInput` where the words make no command. */
export async function runByLibrary(root: Target, context: Context, words: readonly string[]): Promise<void> {
  refuseValuesOfToggles(typedAt(root, words));
  let failure: { error: unknown } | undefined;
  /** Keeps the first error for us: the library would print it, and has exit codes of its own. */
  const keep = (error: unknown) => {
    failure ??= { error };
    return "";
  };
  const meantInGroup = (input: string) => {
    const [group = ""] = words;
    const { routes = {} } = root.definition as Partial<GroupDefinition>;
    return Object.hasOwn(routes, group) ? commandsMeantIn(group, input, namesIn(routes[group]!)) : [];
  };
  const app = buildApplication(partOf(root) as Target & RouteMap<Context>, {
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
        noCommandRegisteredForInput: ({ input, corrections }) => {
          const meant = input === words[0] ? commandsMeant(input, namesIn(root)) : meantInGroup(input);
          // what only resembles a flag is no command that was meant
          const suggested = meant.length > 0 || input.startsWith("-")
            ? meant.map((one) => `"${one}"`)
            : corrections.map((one) => one.replaceAll("`", '"'));
          return keep(unknownCommand(input, suggested));
        },
        exceptionWhileParsingArguments: (error) => keep(usageProblem(error, typedAt(root, words))),
        exceptionWhileRunningCommand: keep,
        exceptionWhileRunningIntegrationFlag: ({ exception }) => keep(exception),
      },
    },
  }, { help: HELP });
  await run(app, words, context);
  if (failure) throw failure.error;
}

function namesIn({ definition }: Target): string[] {
  return "routes" in definition ? Object.keys(definition.routes) : [];
}

/** A target as a part of the library's own tree. */
type Part = Target & (Command<Context> | RouteMap<Context>);

function partOf({ definition }: Target): Part {
  const part = "routes" in definition ? groupOf(definition) : commandOf(definition);
  return { ...part, definition };
}

function groupOf({ brief, routes, aliases = {} }: GroupDefinition): RouteMap<Context> {
  const parts = Object.entries(routes).map(([name, target]) => [name, partOf(target)] as const);
  return buildRouteMap<string, Context>({ routes: Object.fromEntries(parts), aliases, docs: { brief } });
}

function commandOf(definition: CommandDefinition): Command<Context> {
  const { brief, flags = {}, words = { placeholder: "", brief: "", max: 0 } } = definition;
  const entries = Object.entries({ ...flags, ...GLOBAL_FLAGS }).map(([name, flag]) => [
    name,
    flag.kind === "toggle" ? { kind: "boolean", brief: flag.brief, withNegated: false } : {
      kind: "parsed",
      brief: flag.brief,
      parse: (text: string) => flag.parse(text),
      optional: true,
      variadic: flag.kind === "values",
    },
  ]);
  return buildCommand<Record<string, unknown>, string[], Context>({
    docs: { brief },
    parameters: {
      flags: Object.fromEntries(entries),
      positional: {
        kind: "array",
        parameter: { brief: words.brief, placeholder: words.placeholder, parse: String },
        minimum: words.min ?? 0,
        maximum: words.max,
      },
    },
    async func(values, ...given) {
      this.exitCode = await definition.run(this, values, given) ?? 0;
    },
  });
}

/** Of what is no terminal. */
const USUAL_COLUMNS = 80;
/** Longer lines are hard to read. */
const WIDEST_HELP = 120;

const HELP: StricliIntegration<Context> = {
  flag: {
    brief: "print help",
    global: true,
    aliases: ["h"],
    defaultForRouteMap: true,
    async run(_app, { result }) {
      const { helpFor } = await import("./help.ts");
      const print = new Print({ json: false });
      const columns = Number.isFinite(print.columns) ? Math.min(print.columns, WIDEST_HELP) : USUAL_COLUMNS;
      print.line(helpFor(result.target as typeof result.target & Target, { path: result.prefix, columns }));
    },
  },
};

/** The command that was typed, and what was typed after its name. */
function typedAt(root: Target, words: readonly string[]): Typed {
  const { definition, rest } = walk(root, words);
  return { command: definition as Partial<CommandDefinition>, rest };
}
