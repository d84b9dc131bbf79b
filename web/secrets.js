/** Which variables hold secrets, by their names; the same as the server takes for one (`src/domain/secrets.ts`). */

/** What stands where a secret is. */
export const MASK = "••••••";

const NAME =
  /secret|token|passw|passphrase|credential|api_?key|(?:^|[_.-])(?:key|pwd|pass|auth|authorization|cookie)(?:$|[_.-])/i;

export function soundsSecret(name) {
  return NAME.test(name);
}

const IN_ADDRESS = /\b([a-z][a-z0-9+.-]{0,20}:\/\/[^\s/:@'"]{0,200}):[^\s/'"]{1,500}@/gi;

/** A text with the passwords of addresses in it masked: `postgres://app:••••••@db`. */
export function withoutPasswords(text) {
  return text.replaceAll(IN_ADDRESS, `$1:${MASK}@`);
}

/** The value of a variable as it shows to whoever has not asked for secrets. */
export function masked(name, value) {
  return soundsSecret(name) ? MASK : withoutPasswords(value);
}
