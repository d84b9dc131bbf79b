/**
 * @module
 * What a job left as its result, as JSON: as JSON where it is that, as text where it is text, else in base64. Pure.
 */
import { base64 } from "./base64.ts";

/** A result, ready for `JSON.stringify`. */
export function resultJson(bytes: Uint8Array): { result: unknown } | { result_base64: string } {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return { result_base64: base64(bytes) };
  }
  try {
    return { result: JSON.parse(text) };
  } catch {
    return { result: text };
  }
}
