/**
 * @module
 * Long texts in what was bundled, the files of the pages and the statements of migrations, are kept compressed. The
 * runtime takes all that an executable embeds into memory at each start, whatever command is typed, and hardly any
 * command needs them.
 */
import { Buffer } from "node:buffer";
import { deflateRawSync } from "node:zlib";
import { parse } from "npm:acorn@8.19.0";
import { NEW_SCHEMA } from "../../src/store/sqlite/migrations/new_schema.ts";

/** Shorter ones, in characters, stay as they are: the names around them would be longer than what is saved. */
const SHORTEST = 1500;

/** What makes a text of a packed one. It stands in each file that has one, under a name that the bundler does not give. */
const UNPACK = "_unpack";
const FUNCTION = `
function ${UNPACK}(packed) {
  const { Buffer } = process.getBuiltinModule("node:buffer");
  return process.getBuiltinModule("node:zlib").inflateRawSync(Buffer.from(packed, "base64")).toString();
}
`;

/** A text as it stands in a file: from `start` to before `end`. */
interface Literal {
  start: number;
  end: number;
  value: string;
}

/** Packs the long texts in one file of JavaScript. */
export async function packTexts(file: string): Promise<void> {
  const text = await Deno.readTextFile(file);
  if (text.length < SHORTEST) return;
  const literals = literalsIn(parse(text, { ecmaVersion: "latest", sourceType: "module" }));
  let packed = "";
  let taken = 0;
  for (const { start, end, value } of literals) {
    const code = `${UNPACK}("${Buffer.from(deflateRawSync(value, { level: 9 })).toString("base64")}")`;
    if (code.length >= end - start) continue;
    packed += text.slice(taken, start) + code;
    taken = end;
  }
  if (taken === 0) return;
  if (text.includes(UNPACK)) throw new TypeError(`Cannot pack ${file}: ${UNPACK} stands in it already`);
  await Deno.writeTextFile(file, packed + text.slice(taken) + FUNCTION);
}

/** The long ones among the strings, and the templates without values in them, in the order in which they stand. */
function literalsIn(node: unknown): Literal[] {
  if (Array.isArray(node)) return node.flatMap(literalsIn);
  if (typeof node !== "object" || node === null) return [];
  const value = textOf(node as Record<string, unknown>);
  if (value === undefined) return Object.values(node).flatMap(literalsIn);
  // The first command in a home needs that one, and loading what unpacks takes it 20 ms.
  if (value.length < SHORTEST || value === NEW_SCHEMA) return [];
  const { start, end } = node as { start: number; end: number };
  return [{ start, end, value }];
}

/** The text that a node of the tree stands for; undefined where it is no text, or a part of something else. */
function textOf({ type, value, quasis, quasi }: Record<string, unknown>): string | undefined {
  if (type === "Literal" && typeof value === "string") return value;
  if (type === "TaggedTemplateExpression") return quasi ? "" : undefined; // as its function wants it
  if (type !== "TemplateLiteral") return undefined;
  const [whole, ...more] = quasis as { value: { cooked: string } }[];
  return more.length === 0 ? whole?.value.cooked : undefined;
}
