/**
 * @module
 * Workers, jobs, or both are killed, one after the other.
 * Slow, so `deno task test:quick` leaves it out.
 */
import { GROUPS } from "./all.ts";
import { tryFaults } from "./try.ts";

tryFaults(GROUPS.storms);
