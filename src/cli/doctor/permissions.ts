/**
 * @module
 * The checks of what the runtime lets this program do, and what cannot be done without. Whether a shell may be run is
 * checked in `surroundings.ts`, by running one.
 */
import { quoteWords } from "../../shell_words.ts";
import type { Context } from "../context.ts";
import { type Finding, ok, problem, warning } from "./finding.ts";

/** Variables that say where the home is. */
const VARIABLES = ["QUEUECTL_HOME", Deno.build.os === "windows" ? "USERPROFILE" : "HOME"];

/** Permission to read and write the home, and to find it. */
export function* checkPermissions({ home }: Context): Generator<Finding> {
  yield checkAccess("read", home.dir);
  yield checkAccess("write", home.dir);
  const unread = VARIABLES.filter((variable) => !granted({ name: "env", variable }));
  if (unread.length === 0) yield ok("env permission", `${VARIABLES.join(" and ")} may be read`);
  else {
    yield warning(
      "env permission",
      `${unread.join(" and ")} may not be read, so the home has to be named`,
      `give --home DIR each time, or run with --allow-env=${VARIABLES.join(",")}`,
    );
  }
}

function checkAccess(name: "read" | "write", path: string): Finding {
  const check = `${name} permission`;
  if (granted({ name, path })) return ok(check, `the home may be ${PARTICIPLE[name]}`);
  const flag = quoteWords([`--allow-${name}=${path.replaceAll(",", ",,")}`]);
  return problem(check, `the home may not be ${PARTICIPLE[name]}, so no command works`, `run with ${flag}`);
}

const PARTICIPLE = { read: "read", write: "written" } as const;

function granted(permission: Deno.PermissionDescriptor): boolean {
  return Deno.permissions.querySync(permission).state === "granted";
}
