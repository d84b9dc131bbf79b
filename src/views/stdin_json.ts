/**
 * @module
 * What a job reads, as JSON: by the name of the field that would say it, `stdin` where it is text. Pure.
 */
import { base64 } from "../domain/base64.ts";

/** What a job reads, ready for `JSON.stringify`. */
export function stdinJson(bytes: Uint8Array): { stdin: string } | { stdin_base64: string } {
  try {
    return { stdin: new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes) };
  } catch {
    return { stdin_base64: base64(bytes) };
  }
}
