/**
 * @module
 * Names that are made up: short enough to type, of letters and digits that are not taken for one another.
 */

const ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789";

/** A new name such as `each-k3f9qa`, with so many random characters. */
export function randomName(prefix: string, length: number): string {
  const random = crypto.getRandomValues(new Uint8Array(length));
  return `${prefix}-${Array.from(random, (byte) => ALPHABET[byte % ALPHABET.length]).join("")}`;
}
