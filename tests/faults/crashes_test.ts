/**
 * @module
 * Workers, threads and enqueuers die at chosen points, or at any.
 * Slow, so `deno task test:quick` leaves it out.
 */
import { GROUPS } from "./all.ts";
import { tryFaults } from "./try.ts";

tryFaults(GROUPS.crashes);
