/**
 * @module
 * What a command or a group of commands is, and how it becomes a part of the command tree.
 */
import type { Context } from "./context.ts";
import { type Flags, type FlagValues, text, toggle } from "./flags.ts";

/** A command as its file writes it down. */
export interface CommandDefinition<F extends Flags = Flags> {
  /** One line without a final period. */
  brief: string;
  /** What else help says; whole sentences. A line that ends with one is the end of a paragraph. */
  description?: string;
  /** Words after `queuectl`, and what they do. */
  examples: readonly (readonly [words: string, brief: string])[];
  /** By their names in code. */
  flags?: F;
  /** The words it takes besides its flags; none unless given. */
  words?: Words;
  /** What to do about a word that was not understood, when the command knows: `quote the command`. */
  advice?: string;
  /** How many of its words come before those of a shell's command, which `advice` is about. Default 0. */
  ownWords?: number;
  /** Does it. Returns the exit code when it is not 0 though nothing failed; throws `UserError`s. */
  run(context: Context, flags: FlagValues<F>, words: readonly string[]): Promise<number | void>;
}

export interface Words {
  /** Such as `ID`. */
  placeholder: string;
  brief: string;
  /** Default 0. */
  min?: number;
  /** Default: any number. */
  max?: number;
  choices?: readonly string[];
}

/** A group of commands as it is written down: `dlq`, `queue`. */
export interface GroupDefinition {
  /** One line without a final period. */
  brief: string;
  /** What else help says; whole sentences. A line that ends with one is the end of a paragraph. */
  description?: string;
  /** Words after `queuectl`, and what they do. */
  examples: CommandDefinition["examples"];
  routes: Readonly<Record<string, Target>>;
  aliases?: Readonly<Record<string, string>>;
}

/** A part of the command tree: what help needs to know of it. */
export interface Target {
  /** What its file says of it; what has `routes` is a group. */
  readonly definition: CommandDefinition | GroupDefinition;
}

/** The flags that every command takes. `argv.ts` has taken them out before; here they are for help and completion. */
export const GLOBAL_FLAGS = {
  home: text("DIR", "where everything is kept (default: $QUEUECTL_HOME, else ~/.queuectl)"),
  store: text("ADDRESS", "where jobs are kept (default: $QUEUECTL_STORE, else as store use said)"),
  json: toggle("print one JSON document"),
  quiet: toggle("print no hints, only results and errors"),
} satisfies Flags;

export function defineCommand<const F extends Flags = Record<never, never>>(
  definition: CommandDefinition<F>,
): Target {
  return { definition: definition as unknown as CommandDefinition };
}

export function defineGroup(definition: GroupDefinition): Target {
  return { definition };
}
