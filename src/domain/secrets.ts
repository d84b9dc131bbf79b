/**
 * @module
 * Passwords in addresses of stores: whether there is one, and the address without it. Pure.
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
