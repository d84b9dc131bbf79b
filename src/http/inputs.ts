/**
 * @module
 * What requests may say: the kinds of values of queries and bodies. Each kind checks a value and describes itself for
 * the API's document, so that the two cannot differ. Pure.
 */
import { BadInput } from "../domain/errors.ts";
import { nearest } from "../domain/nearest.ts";
import { parseTime, quote } from "../domain/spec.ts";

/** A schema as JSON Schema 2020-12 has it, the dialect of OpenAPI 3.1. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** A value that a request may have. */
export interface Input<T> {
  /** What it does, one line. */
  brief: string;
  /** What is accepted, for the document. */
  schema: JsonSchema;
  /** Ends the sentence that refuses a value: `it takes …`. */
  takes: string;
  /** It must be there. */
  required?: boolean;
  /** A query may have it more than once. */
  several?: boolean;
  /** The value, or undefined when it is not what is accepted. May throw a `BadInput` that says more. */
  read(value: unknown): T | undefined;
}

/** Values by their names. */
// deno-lint-ignore no-explicit-any -- each has a type of its own
export type Inputs = Readonly<Record<string, Input<any>>>;

/** What a handler gets for them. */
export type InputValues<I extends Inputs> = {
  [K in keyof I]: I[K] extends Input<infer T> ? (I[K]["required"] extends true ? T : T | undefined) : never;
};

/** One of several words. */
export function oneOf<T extends string>(words: readonly T[], brief: string): Input<T> {
  return {
    brief,
    schema: { type: "string", enum: words },
    takes: `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`,
    read: (value) => words.find((word) => word === value),
  };
}

/** A whole number within a range. */
export function wholeNumber({ min, max }: { min: number; max: number }, brief: string): Input<number> {
  return {
    brief,
    schema: { type: "integer", minimum: min, maximum: max },
    takes: `a whole number from ${min} to ${max}`,
    read: (value) =>
      Number.isInteger(value) && value as number >= min && value as number <= max
        ? value as number
        : undefined,
  };
}

/** Text that is not empty. */
export function someText({ max }: { max: number }, brief: string): Input<string> {
  return {
    brief,
    schema: { type: "string", minLength: 1, maxLength: max },
    takes: `text of 1 to ${max} characters`,
    read: (value) =>
      typeof value === "string" && value.length > 0 && value.length <= max && !value.includes("\0")
        ? value
        : undefined,
  };
}

/** One value or several of a kind: a list in JSON, in a query the name with each of them. */
export function oneOrMore<T>(
  { schema, takes, read }: Input<T>,
  { most }: { most: number },
  brief: string,
): Input<T[]> {
  return {
    brief,
    schema: { anyOf: [schema, { type: "array", items: schema, minItems: 1, maxItems: most }] },
    takes: `${takes}, or a list of at most ${most} of it`,
    several: true,
    read(value) {
      const values = Array.isArray(value) ? value : [value];
      const all = values.map(read).filter((one) => one !== undefined);
      return values.length === 0 || values.length > most || all.length < values.length
        ? undefined
        : [...new Set(all)];
    },
  };
}

/** True or false. */
export function trueOrFalse(brief: string): Input<boolean> {
  return {
    brief,
    schema: { type: "boolean" },
    takes: "true or false",
    read: (value) => typeof value === "boolean" ? value : undefined,
  };
}

/** A point in time; the handler gets ms since the epoch. */
export function pointInTime(brief: string): Input<number> {
  return {
    brief,
    schema: { type: "string", format: "date-time" },
    takes: "a time with its zone, such as 2030-01-01T14:00:00Z",
    read: (value) => typeof value === "string" ? parseTime(value) : undefined,
  };
}

/** Ids of jobs, each once. */
export function jobIds(brief: string): Input<string[]> {
  const most = 10_000;
  return {
    brief,
    schema: { type: "array", items: { type: "string", minLength: 1 }, minItems: 1, maxItems: most },
    takes: `a list of 1 to ${most} ids`,
    read(value) {
      if (!Array.isArray(value) || value.length === 0 || value.length > most) return undefined;
      return value.every((id) => typeof id === "string" && id !== "")
        ? [...new Set<string>(value)]
        : undefined;
    },
  };
}

/** An object of further values. */
export function objectOf<I extends Inputs>(inputs: I, brief: string): Input<InputValues<I>> {
  return {
    brief,
    schema: objectSchema(inputs),
    takes: "a JSON object",
    read: (value) => isObject(value) ? readInputs(inputs, value) : undefined,
  };
}

/** The same value, but it must be there. */
export function required<T>(input: Input<T>): Input<T> & { required: true } {
  return { ...input, required: true };
}

/** Whether a JSON value is an object. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The schema of an object with these values and no others. */
export function objectSchema(inputs: Inputs): JsonSchema {
  const entries = Object.entries(inputs);
  const needed = entries.filter(([, input]) => input.required).map(([name]) => name);
  return {
    type: "object",
    properties: Object.fromEntries(
      entries.map(([name, { schema, brief }]) => [name, { ...schema, description: brief }]),
    ),
    ...(needed.length > 0 ? { required: needed } : {}),
    additionalProperties: false,
  };
}

/** Reads values of a body. @throws {BadInput} for one that is unknown, missing, or not accepted */
export function readInputs<I extends Inputs>(
  inputs: I,
  values: Readonly<Record<string, unknown>>,
): InputValues<I> {
  const read: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(values)) {
    if (!Object.hasOwn(inputs, name)) throw unknownName(name, Object.keys(inputs));
    const input = inputs[name]!;
    read[name] = input.read(value);
    if (read[name] === undefined) {
      throw new BadInput(`Cannot use ${name} ${quote(value)}: it takes ${input.takes}`);
    }
  }
  for (const [name, input] of Object.entries(inputs)) {
    if (input.required && read[name] === undefined) {
      throw new BadInput(`Missing ${name}: it takes ${input.takes}`);
    }
  }
  return read as InputValues<I>;
}

/**
 * Reads values of an address's query, where everything is text.
 * @throws {BadInput} as above, for one that is given twice, and for one that is not UTF-8: it would ask for another
 */
export function readQuery<I extends Inputs>(inputs: I, { search, searchParams }: URL): InputValues<I> {
  const values: Record<string, unknown> = {};
  const mayMeanIt = /%ef%bf%bd/i.test(search);
  for (const [name, text] of searchParams) {
    if (!mayMeanIt && text.includes("\ufffd")) {
      throw new BadInput(`Cannot use ${name} ${quote(text)}: it is not UTF-8`);
    }
    const value = Object.hasOwn(inputs, name) ? fromText(text, inputs[name]!.schema) : text;
    if (!Object.hasOwn(values, name)) values[name] = value;
    else if (inputs[name]?.several) values[name] = [values[name], value].flat();
    else throw new BadInput(`Cannot use ${quote(name)} twice`);
  }
  return readInputs(inputs, values);
}

/** Numbers and booleans as JSON has them; what cannot be one stays text and is refused as such. */
function fromText(text: string, { type }: JsonSchema): unknown {
  if (type === "integer") return /^-?\d{1,15}$/.test(text) ? Number(text) : text;
  if (type === "boolean") return text === "true" || (text === "false" ? false : text);
  return text;
}

function unknownName(name: string, known: readonly string[]): BadInput {
  const near = nearest(name, known);
  return new BadInput(`Unknown field ${quote(name)}${near ? `, did you mean "${near}"?` : ""}`);
}
