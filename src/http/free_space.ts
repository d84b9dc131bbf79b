/**
 * @module
 * How much room there is where the home is. Only the runtime's `statfs` can tell without starting anything; permission
 * for it is optional.
 */
import { isGranted } from "../system/permissions.ts";

/** Bytes that this user can still write; null where that may not be asked, or cannot be told. */
export async function freeBytes(dir: string): Promise<number | null> {
  if (!isGranted({ name: "sys", kind: "statfs" })) return null;
  try {
    const { statfsSync } = await import("node:fs"); // takes 30 ms to load, once
    const { bavail, bsize } = statfsSync(dir);
    return bavail * bsize;
  } catch {
    return null;
  }
}
