/**
 * @module
 * The flags that say how many workers there shall be, and what for.
 */
import { count, texts } from "../../line/flags.ts";

/** More threads or slots than this are a mistake on any machine of today. */
const MOST = 1024;

export const WORKER_FLAGS = {
  count: count({ min: 1, max: MOST }, "how many workers, each on a thread of its own (default: 1)"),
  slots: count({ min: 1, max: MOST }, "how many jobs each of them runs at a time (default: 1)"),
  queue: texts("Q,…", "take jobs from these queues only; may be repeated"),
  has: texts(
    "NAME[=N]",
    "what this host has for jobs that need it, such as gpu=2 or ffmpeg; may be repeated",
  ),
} as const;
