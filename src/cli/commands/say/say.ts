/**
 * @module
 * Saying something from inside a job: a line appended to the file that its worker reads. It takes nothing but that file.
 */
import { BadInput } from "../../../domain/errors.ts";
import { envVariable } from "../../../system/environment.ts";
import { isGranted, permissionMissing } from "../../../system/permissions.ts";
import type { Context } from "../../line/context.ts";

const FILE = "QUEUECTL_SAY";

/** Appends a line. @throws {BadInput} where this is no job that runs */
export async function say(context: Context, said: Readonly<Record<string, unknown>>): Promise<void> {
  const path = fileOfJob();
  const line = `${JSON.stringify(said)}\n`;
  try {
    await Deno.writeTextFile(path, line, { append: true, mode: 0o600 });
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) {
      throw permissionMissing("Cannot say anything to the worker", [{ name: "write", path }]);
    }
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new BadInput(`Cannot say anything to a worker: "${path}" is gone, so the job is over`);
  }
  context.print.result(said, () => "");
}

function fileOfJob(): string {
  const path = envVariable(FILE);
  if (path !== undefined) return path;
  if (!isGranted({ name: "env", variable: FILE })) {
    throw permissionMissing("Cannot tell whether this runs in a job", [{ name: "env", variable: FILE }]);
  }
  throw new BadInput(`Cannot say anything to a worker: this runs in no job ($${FILE} is not set)`);
}
