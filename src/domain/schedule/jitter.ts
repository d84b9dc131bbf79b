/**
 * @module
 * By how much a run comes later than its slot: the same on every host, and another one for each schedule and slot. Pure.
 */

/** From 0 to the largest, in whole seconds where that is one or more; by the name of the schedule and the slot alone. */
export function jitterOf(name: string, slot: number, largestMs: number): number {
  const unitMs = largestMs >= 1000 ? 1000 : 1;
  return Math.floor(share(`${name}\0${slot}`) * (Math.floor(largestMs / unitMs) + 1)) * unitMs;
}

/** A number from 0 on, less than 1: FNV-1a, with the last step of MurmurHash3, since the texts differ in few characters. */
function share(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash ^ byte, 0x01000193);
  hash = Math.imul(hash ^ hash >>> 16, 0x85ebca6b);
  hash = Math.imul(hash ^ hash >>> 13, 0xc2b2ae35);
  return ((hash ^ hash >>> 16) >>> 0) / 2 ** 32;
}
