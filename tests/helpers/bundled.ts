/**
 * @module
 * The program in chunks of JavaScript, as the executable has it, made once for all test files of a process: a worker and
 * its threads start from them for three quarters of the processor time that the sources take. They are removed when that
 * process ends, however it ends. Where they cannot be made, the sources stand for them.
 */
import { bundleInChunks } from "../../tools/build/bundle.ts";
import { MAIN } from "./cli.ts";
import { until } from "./until.ts";

/** Removes `$2` once there is no process `$1`. */
const REMOVE = 'trap "" INT TERM HUP; (while kill -0 "$1"; do sleep 1; done; rm -rf "$2") >/dev/null 2>&1 &';

let entry: Promise<string> | undefined;

/** What Deno is to run. */
export function bundledMain(): Promise<string> {
  return entry ??= bundledOnce();
}

/** Test files run side by side in one process and know nothing of each other: the first one makes it for all. */
async function bundledOnce(): Promise<string> {
  if (Deno.build.os === "windows") return MAIN;
  const dir = `/tmp/queuectl-bundled-${Deno.pid}`;
  const said = `${dir}/entry`;
  try {
    Deno.mkdirSync(dir, { mode: 0o700 });
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
    return await until("the program is bundled", () => read(said));
  }
  await new Deno.Command("sh", { args: ["-c", REMOVE, "sh", String(Deno.pid), dir], stdin: "null" }).output();
  const made = await bundleInChunks(dir, new AbortController().signal).then(
    () => `${dir}/main.js`,
    () => MAIN,
  );
  Deno.writeTextFileSync(`${said}.new`, made);
  Deno.renameSync(`${said}.new`, said);
  return made;
}

function read(path: string): string | undefined {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    return undefined;
  }
}
