/**
 * @module
 * Bytes as text, for JSON. Pure.
 */
/** Bytes as base64. */
export function base64(bytes: Uint8Array): string {
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary);
}
