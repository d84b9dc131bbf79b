/**
 * @module
 * The flag of commands that show times of day.
 */
import { toggle } from "./flags.ts";

export const ZONE_FLAGS = { utc: toggle("times in UTC (default: in the zone of this machine)") };
