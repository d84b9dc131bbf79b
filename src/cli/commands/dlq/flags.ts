/**
 * @module
 * The flags that say which dead jobs are meant.
 */
import { toggle } from "../../line/flags.ts";
import { SURENESS } from "../many/change_many.ts";
import { OTHER_FILTERS } from "../many/filter_flags.ts";

export const DEAD_FLAGS = { ...OTHER_FILTERS, all: toggle("every dead job"), ...SURENESS };
