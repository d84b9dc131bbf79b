/**
 * @module
 * How many random stories a test tries. Each run of the suite tries others, so a run needs few; who looks for more sets
 * `QUEUECTL_TEST_ROUNDS` to how many times as many they shall be.
 */

/** So many, as a run of the suite has time for. */
export function rounds(few: number): number {
  return few * Number(Deno.env.get("QUEUECTL_TEST_ROUNDS") ?? "1");
}
