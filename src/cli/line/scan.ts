/**
 * @module
 * Reads what is plain: a command, words that do not begin with a dash, and flags it has, each with a value. That is
 * nearly everything anybody types, and the library that reads the rest takes longer to load than `enqueue` takes to do.
 * Where anything is wrong or only unusual, it gives up, so the two can never disagree. Pure.
 */
import type { CommandDefinition, Target } from "./command.ts";

/** A command and what it is to be called with. */
export interface Call {
  command: CommandDefinition;
  /** By their names in code, as the command expects them. */
  flags: Record<string, unknown>;
  /** Its words, those after `--` among them. */
  words: string[];
}

/** How far words lead into the tree: to a command, or to a group where the next word is none of its own. */
export function walk(root: Target, typed: readonly string[]): Target & { rest: string[] } {
  let { definition } = root;
  let at = 0;
  for (; "routes" in definition; at++) {
    const word = typed[at];
    const { routes, aliases = {} } = definition;
    const name = word !== undefined && Object.hasOwn(aliases, word) ? aliases[word]! : word;
    if (name === undefined || !Object.hasOwn(routes, name)) break;
    definition = routes[name]!.definition;
  }
  return { definition, rest: typed.slice(at) };
}

/** What was typed; undefined when that is for the library to read. */
export function scan(root: Target, typed: readonly string[]): Call | undefined {
  const { definition, rest } = walk(root, typed);
  return "routes" in definition ? undefined : scanFor(definition, rest);
}

/** `--name`, or `--name=value`. */
const FLAG = /^--([a-z][a-z-]+)(?:=(.+))?$/s;

function scanFor(command: CommandDefinition, typed: readonly string[]): Call | undefined {
  const { flags: known = {}, words: taken = { min: 0, max: 0 } } = command;
  const flags: Record<string, unknown> = {};
  for (const [name, { kind }] of Object.entries(known)) flags[name] = kind === "toggle" ? false : undefined;
  const words: string[] = [];
  for (let i = 0; i < typed.length; i++) {
    const word = typed[i]!;
    if (word === "--") {
      words.push(...typed.slice(i + 1));
      break;
    }
    if (isPlain(word)) {
      words.push(word);
      continue;
    }
    const [, dashed, attached] = FLAG.exec(word) ?? [];
    const name = dashed && camelCase(dashed);
    if (name === undefined || !Object.hasOwn(known, name)) return undefined;
    const { kind, parse } = known[name]!;
    if (kind !== "values" && flags[name] !== (kind === "toggle" ? false : undefined)) return undefined;
    if (kind === "toggle") {
      if (attached !== undefined) return undefined;
      flags[name] = true;
      continue;
    }
    const value = attached ?? typed[++i];
    if (value === undefined || attached === undefined && !isPlain(value)) return undefined;
    try {
      const parsed = parse(value);
      flags[name] = kind === "value" ? parsed : [...flags[name] as unknown[] ?? [], parsed];
    } catch {
      return undefined;
    }
  }
  const { min = 0, max = Infinity } = taken;
  return words.length < min || words.length > max ? undefined : { command, flags, words };
}

function isPlain(word: string): boolean {
  return word !== "" && !word.startsWith("-");
}

function camelCase(dashed: string): string {
  return dashed.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
