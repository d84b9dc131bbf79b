/**
 * @module
 * Whether an address can be reached from this machine only. Pure.
 */

/** Whether it is of the loopback network, or the name for it. */
export function isLoopback(host: string): boolean {
  return /^127(?:\.\d{1,3}){3}$/.test(host) || host === "::1" || host === "localhost";
}
