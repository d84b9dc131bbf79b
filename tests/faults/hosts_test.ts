/**
 * @module
 * Many hosts with one store on a server, of which some are lost, cut off or left without it.
 * Slow, so `deno task test:quick` leaves it out.
 */
import { GROUPS } from "./all.ts";
import { tryFaults } from "./try.ts";

tryFaults(GROUPS.hosts);
