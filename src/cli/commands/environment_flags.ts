/**
 * @module
 * Variables for a job that come from here: `--env NAME`, `--env-file`, `--env-all`. What is said more closely goes
 * before: `--env` before files, later files before earlier ones, all of them before the whole environment.
 */
import { chooseVariables } from "../../domain/env_choice.ts";
import { type EnvEntry, parseEnvFile } from "../../domain/env_file.ts";
import { BadInput } from "../../domain/errors.ts";
import { isGranted, permissionMissing } from "../../system/permissions.ts";
import type { Context } from "../line/context.ts";
import { type EnvironmentFlags, splitVariable } from "./job_flags.ts";
import { inputName, readTextInput } from "./read_input.ts";

/** The variables that the flags give together. @throws {BadInput} for one that is not set here, or a wrong file */
export async function variablesFromHere(
  context: Context,
  { env = [], envFile = [], envAll = false }: EnvironmentFlags,
): Promise<Record<string, string>> {
  const variables: Record<string, string> = {};
  for (const file of envFile) {
    const source = inputName(file);
    for (const entry of parseEnvFile(await readTextInput(file), source)) {
      variables[entry.name] = entry.value ?? fromHere(entry.name, placeOf(entry, source));
    }
  }
  for (const entry of env) {
    const [name, value] = splitVariable(entry);
    variables[name] = value ?? fromHere(name, "");
  }
  return envAll ? { ...await wholeEnvironment(context, Object.keys(variables)), ...variables } : variables;
}

function placeOf({ line }: EnvEntry, source: string): string {
  return `, as line ${line} of ${source} asks`;
}

function fromHere(name: string, asked: string): string {
  const needed = [{ name: "env", variable: name }] as const;
  if (!needed.every(isGranted)) {
    throw permissionMissing(`Cannot take ${name} from the environment${asked}`, needed);
  }
  const value = readVariable(name);
  if (value === undefined) {
    throw new BadInput(`Cannot take ${name} from the environment${asked}: it is not set here`);
  }
  return value;
}

function readVariable(name: string): string | undefined {
  try {
    return Deno.env.get(name);
  } catch (error) {
    if (!(error instanceof Deno.errors.InvalidData)) throw error;
    throw new BadInput(`Cannot take ${name} from the environment: its value is not UTF-8`);
  }
}

/** `given` are said otherwise, so nobody misses them. */
async function wholeEnvironment(
  context: Context,
  given: readonly string[],
): Promise<Record<string, string>> {
  if (!isGranted({ name: "env" })) {
    throw permissionMissing("Cannot take the whole environment", [{ name: "env" }]);
  }
  const { envExclude } = await context.settings();
  const { taken, excluded } = chooseVariables(readAll(), envExclude);
  const missed = excluded.filter((name) => !given.includes(name));
  if (missed.length > 0) {
    context.print.hint(
      `Left out ${missed.join(", ")}, by the setting env_exclude; --env NAME takes one all the same`,
    );
  }
  return taken;
}

function readAll(): Record<string, string> {
  const all = Object.entries(Deno.env.toObject());
  // What is not UTF-8 would become something else.
  return Object.fromEntries(all.filter(([name, value]) => !`${name}${value}`.includes("\ufffd")));
}
