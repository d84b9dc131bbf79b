/**
 * @module
 * `deno task build`: bundles the program into `dist/queuectl.js` and compiles it into `dist/queuectl`, or into one
 * executable for each platform. Either everything that was asked for is there in the end, with `SHA256SUMS`, or
 * nothing has changed. See `build/compile.ts` for machines that cannot download what compiling needs.
 */
import { UserError } from "../src/domain/errors.ts";
import { bundle, bundleInChunks, requireBundler } from "./build/bundle.ts";
import { compile, isHere, requireBases, suffixOn, tryOut } from "./build/compile.ts";
import { type BuildOptions, readOptions, type Target, USAGE } from "./build/options.ts";
import { Staging } from "./build/staging.ts";
import { stopSignal } from "./build/stop.ts";
import { sumsOf } from "./build/sums.ts";

const BUNDLE = "queuectl.js";
const SUMS = "SHA256SUMS";

async function build({ out, targets, bundleOnly }: BuildOptions, signal: AbortSignal): Promise<void> {
  requireBundler();
  requireBases(targets);
  const platforms: (Target | null)[] = bundleOnly ? [] : targets.length > 0 ? [...targets] : [null];
  const executables = platforms.map(nameFor);
  const names = [BUNDLE, ...executables];
  using staging = new Staging(out);
  staging.requireRoom([...names, SUMS]);
  await bundle(`${staging.path}/${BUNDLE}`, signal);
  if (executables.length > 0) await bundleInChunks(`${staging.path}/chunks`, signal);
  for (const [i, target] of platforms.entries()) {
    console.error(`${executables[i]} …`);
    const output = `${staging.path}/${executables[i]}`;
    await compile({ target, chunks: `${staging.path}/chunks`, output, signal });
    if (target === null || isHere(target)) await tryOut(output, signal);
  }
  Deno.writeTextFileSync(`${staging.path}/${SUMS}`, await sumsOf(staging.path, names));
  staging.publish([...names, SUMS]);
  for (const name of names) console.log(`${out}/${name}  ${Deno.statSync(`${out}/${name}`).size} bytes`);
}

function nameFor(target: Target | null): string {
  return target === null ? `queuectl${suffixOn(Deno.build.target)}` : `queuectl-${target}${suffixOn(target)}`;
}

try {
  const options = readOptions(Deno.args);
  if (options) await build(options, stopSignal());
  else console.log(USAGE);
  Deno.exit(0);
} catch (error) {
  if (!(error instanceof UserError)) throw error;
  console.error(error.message);
  Deno.exit(error.exitCode);
}
