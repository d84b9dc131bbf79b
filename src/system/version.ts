/**
 * @module
 * The version. It stands here because a program run from a URL or compiled cannot read `deno.json`.
 */

/** The version of queuectl, as in the changelog. */
export const VERSION = "0.1.0";
