/**
 * @module
 * The steps of the schema, in order: a schema of version N has taken the first N. One that was released is never
 * changed; a new one is added. A step adds, as long as programs that do not know it are to go on working; what they
 * call stays under its name, and what replaces it gets the next: `exchange_2`.
 */
import { step as step001 } from "./001.ts";
import { step as step002 } from "./002.ts";
import { step as step003 } from "./003.ts";
import { step as step004 } from "./004.ts";
import { step as step005 } from "./005.ts";
import { step as step006 } from "./006.ts";
import { step as step007 } from "./007.ts";
import { step as step008 } from "./008.ts";
import { step as step009 } from "./009.ts";
import { step as step010 } from "./010.ts";
import { step as step011 } from "./011.ts";
import { step as step012 } from "./012.ts";
import { step as step013 } from "./013.ts";
import { step as step014 } from "./014.ts";
import { step as step015 } from "./015.ts";
import { step as step016 } from "./016.ts";
import { step as step017 } from "./017.ts";
import { step as step018 } from "./018.ts";
import type { Step } from "./step.ts";

/** All steps; their number is the version that this program writes. */
export const STEPS: readonly Step[] = [
  step001,
  step002,
  step003,
  step004,
  step005,
  step006,
  step007,
  step008,
  step009,
  step010,
  step011,
  step012,
  step013,
  step014,
  step015,
  step016,
  step017,
  step018,
];
