/**
 * @module
 * What a supervisor makes of anything thrown: a sentence for its journal, after which it goes on. A defect in the one
 * thing it was doing must not end the jobs of others.
 */
import { StoreUnusable, UserError } from "../../domain/errors.ts";

/** Why something failed that will be tried again. */
export function failureOf(error: unknown): UserError {
  if (error instanceof UserError) return error;
  // The system refuses to do something with the spool.
  if (error instanceof Error && "code" in error) {
    return new StoreUnusable(`Cannot use the spool: ${error.message}`, { cause: error });
  }
  const said = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return new UserError(`This is a defect of queuectl: ${said}`, { cause: error });
}
