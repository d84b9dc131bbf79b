/**
 * @module
 * What is answered to those who may only look: the same without what looks like a secret. Invariant: it is done to whole
 * answers, whatever route they come from, so that no route can forget it. Pure. What jobs print is shown as it is.
 */
import { MASK, soundsSecret, withoutPasswords, withoutSecrets } from "../domain/secrets.ts";

/** Keys whose texts are looked through for any secret; in all others, only addresses have one. */
const TEXTS: ReadonlySet<string> = new Set([
  "command",
  "error",
  "stdin",
  "input",
  "note",
  "progress_text",
  "search",
  "says",
]);

/** An answer, for readers. */
export function maskedForReaders(answer: unknown): unknown {
  return masked(answer, "");
}

function masked(value: unknown, key: string): unknown {
  if (typeof value === "string") return TEXTS.has(key) ? withoutSecrets(value) : withoutPasswords(value);
  if (Array.isArray(value)) return value.map((one) => masked(one, key));
  if (typeof value !== "object" || value === null) return value;
  const mask = key === "env" ? maskedVariable : masked;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, mask(one, name)]));
}

function maskedVariable(value: unknown, name: string): unknown {
  if (typeof value !== "string") return value;
  return soundsSecret(name) ? MASK : withoutSecrets(value);
}
