/**
 * @module
 * The executable, built by `tools/build.ts` for the tests that use it: `QUEUECTL_EXECUTABLE` names one that is there
 * already. Where its base cannot be had, those tests are left out, unless `QUEUECTL_COMPILE_DENO` promises one.
 */
import { fileURLToPath } from "node:url";
import { type Finished, finished } from "./finished.ts";

const BUILD = fileURLToPath(new URL("../../tools/build.ts", import.meta.url));
const LOCK = fileURLToPath(new URL("../deno.lock", import.meta.url));

/** Runs `deno task build …args` as the task does, with some variables set. */
export function build(args: readonly string[], env: Record<string, string> = {}): Promise<Finished> {
  return buildWith(Deno.execPath(), args, env);
}

/** The same with another Deno. */
export function buildWith(
  deno: string,
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<Finished> {
  const flags = ["--allow-read", "--allow-write", "--allow-run"];
  const variables = "--allow-env=QUEUECTL_COMPILE_DENO,DENORT_BIN";
  return finished(deno, {
    args: ["run", `--lock=${LOCK}`, "--no-prompt", ...flags, variables, BUILD, ...args],
    env: { NO_COLOR: "1", ...env },
  });
}

/** The path of an executable, for as long as the calling test file runs; undefined where none can be made. */
export async function builtExecutable(): Promise<string | undefined> {
  const given = Deno.env.get("QUEUECTL_EXECUTABLE");
  if (given) return Deno.realPathSync(given);
  const dir = Deno.makeTempDirSync({ prefix: "queuectl-test-" });
  addEventListener("unload", () => Deno.removeSync(dir, { recursive: true }));
  const { code, stderr } = await build(["--out", dir]);
  if (code === 0) return `${dir}/queuectl`;
  const noBase = / the base of the executable cannot be downloaded /.test(stderr);
  if (!noBase || Deno.env.get("QUEUECTL_COMPILE_DENO")) {
    throw new Error(`The executable cannot be built: ${stderr}`);
  }
  console.error(`${stderr.trim()}: what needs the executable is ignored`);
  return undefined;
}
