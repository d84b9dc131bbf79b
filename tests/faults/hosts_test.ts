/**
 * @module
 * Several hosts with one store, which lose their power, their network, or the server.
 * Slow, so `deno task test:quick` leaves it out.
 */
import { GROUPS } from "./all.ts";
import { tryFaults } from "./try.ts";

tryFaults(GROUPS.hosts);
