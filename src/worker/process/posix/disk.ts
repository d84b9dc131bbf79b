/**
 * @module
 * What `df` says of the disk that a directory is on.
 */
import type { Disk } from "../platform.ts";
import { runShell } from "./shell.ts";

/** Asks `df`; undefined where there is none. */
export async function askDf(directory: string): Promise<Disk | undefined> {
  const typed = readDf(await runShell('LC_ALL=C df -PkT -- "$1"', [directory]));
  return typed?.type ? typed : readDf(await runShell('LC_ALL=C df -Pk -- "$1"', [directory]));
}

/** From the line for one path: what comes before the sizes may contain blanks. */
const WITH_TYPE = /^(.+?)\s+(\S+)\s+\d+\s+-?\d+\s+(-?\d+)\s+\S+\s+\//;
const WITHOUT_TYPE = /^(.+?)()\s+\d+\s+-?\d+\s+(-?\d+)\s+\S+\s+\//;

/** Reads what `df -Pk` prints for one path, with `T` or without. @returns undefined where it found nothing */
export function readDf(printed: string): Disk | undefined {
  const [header = "", line = ""] = printed.split("\n");
  const form = /^\S+\s+Type\s/.test(header) ? WITH_TYPE : WITHOUT_TYPE;
  const [, source, type, available] = form.exec(line) ?? [];
  if (source === undefined) return undefined;
  return { source, type: type || undefined, available: Math.max(0, Number(available)) * 1024 };
}
