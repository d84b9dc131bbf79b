/**
 * @module
 * Looking at the server of a store that is meant: what `store check` and `doctor` say of it.
 */
import type { Meant } from "./meant.ts";
import type { CheckOptions, ServerFinding } from "./postgres/check.ts";

export type { ServerFinding };

/** What there is to say of its server; nothing where it has none. */
export async function* checkServerOf(
  { address }: Meant,
  options: CheckOptions,
): AsyncGenerator<ServerFinding> {
  if (address === undefined) return;
  const { checkServer } = await import("./postgres/check.ts");
  yield* checkServer(address, options);
}
