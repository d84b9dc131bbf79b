/**
 * @module
 * Limits: not built yet in this store, which says so.
 */
import { Refused } from "../../domain/errors.ts";

/** What keeps limits from being used. */
export function limitsNotBuilt(): Refused {
  return new Refused("Cannot use limits in a store in PostgreSQL: they are not built there yet");
}
