/**
 * @module
 * Secrets in texts that are shown: passwords in addresses, and values of names that sound secret. Pure. What looks like no
 * secret is shown; so this is a veil for those who look, not a wall.
 */

/** Whether an address holds a password. */
export function holdsPassword(address: string): boolean {
  return /^[a-z]+:\/\/[^:@/?]*:.*@/is.test(address) || /[?&](?:ssl)?password=/i.test(address);
}

/** An address, which need not be a right one, without its password and its parameters. */
export function withoutPassword(address: string): string {
  return address.replace(/^([a-z]+:\/\/[^:@/?]*):.*@/is, "$1@").replace(/\?.*$/s, "")
    .replace(/^([a-z]+:\/\/[^:@/?]*):(?!\d{0,5}(?:[,/]|$))[^/]*/i, "$1"); // a password without what follows it
}

/** An address as it may be typed again: without its password, with its other parameters. */
export function addressToType(address: string): string {
  const query = address.indexOf("?");
  const parameters = query < 0 ? [] : address.slice(query + 1).split("&");
  const kept = parameters.filter((one) => /^[a-z_]+=[^@]*$/.test(one) && !/^(?:ssl)?password=/.test(one));
  return `${withoutPassword(address)}${kept.length === 0 ? "" : `?${kept.join("&")}`}`;
}

/** What stands where a secret was. */
export const MASK = "••••••";

const SECRET_NAME =
  /secret|token|passw|passphrase|credential|api_?key|(?:^|[_.-])(?:key|pwd|pass|auth|authorization|cookie)(?:$|[_.-])/i;

/** Whether a variable, a flag or a header of this name holds a secret. */
export function soundsSecret(name: string): boolean {
  return SECRET_NAME.test(name);
}

/** What a shell takes for one word, or the rest of one. */
const WORD = String.raw`(?:"(?:[^"\\]|\\.)*"|'[^']*'|[^\s"';|&<>()]+)+`;
/** `--name=value` and `--name value`; `NAME=value` and `name: value`. */
const NAMED = new RegExp(
  String.raw`(?<![\w-])(?:(--?[A-Za-z][\w.-]{0,100})(=|[ \t]+)|([A-Za-z_][\w.-]{0,100})(=|:[ \t]*))(${WORD})`,
  "g",
);
const IN_ADDRESS = /\b([a-z][a-z0-9+.-]{0,20}:\/\/[^\s/:@'"]{0,200}):[^\s/'"]{1,500}@/gi;
const BEARER = /\b(Bearer|Basic)([ \t]+)[\w+/=.~-]{6,}/gi;

/** A text, such as a command, without what looks like a secret. */
export function withoutSecrets(text: string): string {
  return withoutPasswords(text).replaceAll(BEARER, `$1$2${MASK}`)
    .replaceAll(NAMED, (all, flag = "", after, name = "", sign, value: string) => {
      const isValue = !/^(?:Bearer|Basic)$/i.test(value) &&
        !(after && after !== "=" && value.startsWith("-"));
      return soundsSecret(flag + name) && isValue ? `${flag}${after ?? ""}${name}${sign ?? ""}${MASK}` : all;
    });
}

/** A text with the passwords of addresses in it masked: `postgres://app:••••••@db`. */
export function withoutPasswords(text: string): string {
  return text.includes("://") ? text.replaceAll(IN_ADDRESS, `$1:${MASK}@`) : text;
}
