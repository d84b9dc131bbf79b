/**
 * @module
 * Digests of texts.
 */

/** The SHA-256 of a text, 32 bytes. */
export async function sha256(text: string): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
}
