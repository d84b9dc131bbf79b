/**
 * @module
 * The one place that chooses the platform.
 */
import type { Platform } from "./platform.ts";
import { posixPlatform } from "./posix/platform.ts";
import { windowsPlatform } from "./windows/platform.ts";

/** The platform of an operating system, named as in `Deno.build.os`. */
export function platformOf(os: typeof Deno.build.os): Platform {
  return os === "windows" ? windowsPlatform() : posixPlatform;
}

/** The platform this process runs on. */
export const thisPlatform: Platform = platformOf(Deno.build.os);
