/**
 * @module
 * What is on disk after a crash or a power cut, when the disk is full, and after a while.
 * Slow, so `deno task test:quick` leaves it out.
 */
import { GROUPS } from "./all.ts";
import { tryFaults } from "./try.ts";

tryFaults(GROUPS.disks);
