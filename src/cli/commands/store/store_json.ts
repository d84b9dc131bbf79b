/**
 * @module
 * The chosen store as JSON.
 */
import type { Chosen } from "../../../store/choice.ts";

export function storeJson({ store, info: { engine, schemaVersion } }: Chosen): Record<string, unknown> {
  return { store, engine, schema: schemaVersion };
}
