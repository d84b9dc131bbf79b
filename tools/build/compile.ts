/**
 * @module
 * From the chunks of the program to an executable for one platform. `QUEUECTL_COMPILE_DENO` names another Deno to
 * compile with, where this one cannot download the base of the executable; `DENORT_BIN` then names that base.
 *
 * The same chunks make the same bytes. The runtime's own cache of compiled code stays off: it would be a file in the
 * directory for temporary files, under a name that anybody can guess, and whoever may write there could put code of
 * theirs in its place.
 */
import { Refused, type UserError } from "../../src/domain/errors.ts";
import { VERSION } from "../../src/system/version.ts";
import { reasonIn, runDeno } from "./deno.ts";
import type { Target } from "./options.ts";
import { permissionsOn } from "./permissions.ts";

/** One executable to make. */
export interface Compilation {
  /** The platform; null is this one. */
  target: Target | null;
  /** The directory of the chunks. */
  chunks: string;
  /** Where to write it, absolute. */
  output: string;
  /** Ends it. */
  signal: AbortSignal;
}

/** @throws {Refused} when a base is given, which is for one platform, and others are asked for */
export function requireBases(targets: readonly Target[]): void {
  const other = targets.find((target) => !isHere(target));
  if (other === undefined || !Deno.env.get("DENORT_BIN")) return;
  throw new Refused(
    `Cannot compile for ${other}: DENORT_BIN names a base for ${Deno.build.target}, the only platform that can be ` +
      "built while it is set",
  );
}

/**
 * How large the engine lets its space for new objects be, in MiB: what a command begins with fits without being gone through
 * on the way, and what very many jobs take is the same memory again and again instead of new pages.
 */
const NEW_SPACE = "--v8-flags=--min-semi-space-size=1,--max-semi-space-size=4";

/** Makes an executable of `main.js` and the chunks it imports. */
export async function compile({ target, chunks, output, signal }: Compilation): Promise<void> {
  for (const { name } of Deno.readDirSync(chunks)) Deno.utimeSync(`${chunks}/${name}`, 0, 0); // is compiled in, too
  const platform = target ?? Deno.build.target;
  await runDeno({
    program: Deno.env.get("QUEUECTL_COMPILE_DENO") || undefined,
    args: [
      ...["compile", "--quiet", "--no-check", "--no-config", "--no-lock", "--no-remote", "--no-npm"],
      ...["--no-code-cache", NEW_SPACE, ...permissionsOn(osOf(platform))],
      ...(isHere(platform) ? [] : ["--target", platform]),
      ...["--output", output, "main.js"],
    ],
    cwd: chunks,
    problem: (printed) => whyNotCompiled(printed, platform),
    signal,
  });
}

/** Runs an executable that was just made. @throws {Refused} when it does not start */
export async function tryOut(executable: string, signal: AbortSignal): Promise<void> {
  const said = await runDeno({ program: executable, args: ["version"], problem: whyNotStarted, signal });
  if (!said.startsWith(`queuectl ${VERSION} `)) throw whyNotStarted(said);
}

/** How the file of an executable ends on a platform. */
export function suffixOn(target: string): string {
  return osOf(target) === "windows" ? ".exe" : "";
}

/** Whether it is the platform that this runs on. */
export function isHere(target: string): boolean {
  return target === Deno.build.target;
}

function osOf(target: string): typeof Deno.build.os {
  if (target.includes("windows")) return "windows";
  return target.includes("darwin") ? "darwin" : "linux";
}

const OTHER_BASE = "QUEUECTL_COMPILE_DENO can name another Deno and DENORT_BIN the base of the same version";

function whyNotCompiled(printed: string, platform: string): UserError {
  const download = /error sending request for url \((\S+)\)/.exec(printed);
  if (download) {
    return new Refused(
      `Cannot compile for ${platform}: the base of the executable cannot be downloaded from ${
        download[1]
      }; ${OTHER_BASE}`,
    );
  }
  const missing = /Could not find denort at '(.*)'/.exec(printed);
  if (missing) {
    return new Refused(
      `Cannot compile for ${platform}: DENORT_BIN names "${missing[1]}", which is not there`,
    );
  }
  const base = /Setting up base binary/.test(printed);
  const reason = base ? `its base cannot be had; ${OTHER_BASE}` : reasonIn(printed);
  return new Refused(`Cannot compile for ${platform}: ${reason}`);
}

function whyNotStarted(printed: string): UserError {
  const reason = /standalone binary section/.test(printed)
    ? "DENORT_BIN names the base of another version of Deno than the one that compiles"
    : reasonIn(printed);
  return new Refused(`Cannot use what was compiled: ${reason}`);
}
