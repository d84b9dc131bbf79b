/** Which variables hold secrets, by their names; the same as the server takes for one (`src/domain/secrets.ts`). */

/** What stands where a secret is. */
export const MASK = "••••••";

const NAME =
  /secret|token|passw|passphrase|credential|api_?key|(?:^|[_.-])(?:key|pwd|pass|auth|authorization|cookie)(?:$|[_.-])/i;

export function soundsSecret(name) {
  return NAME.test(name);
}
