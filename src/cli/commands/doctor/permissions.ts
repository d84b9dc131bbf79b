/**
 * @module
 * The checks of what the runtime lets this program do, and what cannot be done without. Whether a shell may be run is
 * checked in `surroundings.ts`, by running one.
 */
import { howToGet, isGranted, permissionFlags } from "../../../system/permissions.ts";
import { quoteWords } from "../../../system/shell_words.ts";
import { mayReadVariable, STORE_VARIABLE } from "../../../store/meant.ts";
import type { Context } from "../../line/context.ts";
import { unreadVariable } from "../store/unread.ts";
import { type Finding, ok, problem, warning } from "./finding.ts";

/** Variables that say where the home is. */
const VARIABLES = ["QUEUECTL_HOME", Deno.build.os === "windows" ? "USERPROFILE" : "HOME"];

/** Permission to read and write the home, and to find it and its store. */
export async function* checkPermissions(context: Context): AsyncGenerator<Finding> {
  const { home } = context;
  yield checkAccess("read", home.dir);
  yield checkAccess("write", home.dir);
  const unread = VARIABLES.filter((variable) => !isGranted({ name: "env", variable }));
  if (unread.length === 0) yield ok("env permission", `${VARIABLES.join(" and ")} may be read`);
  else {
    yield warning(
      "env permission",
      `${unread.join(" and ")} may not be read, so the home has to be named`,
      `give --home DIR each time, or ${howToGet(`--allow-env=${VARIABLES.join(",")}`)}`,
    );
  }
  const store = await unreadVariable(context);
  if (store) yield warning("env permission", store.found, store.advice);
  else if (mayReadVariable()) yield ok("env permission", `${STORE_VARIABLE} may be read`);
}

function checkAccess(name: "read" | "write", path: string): Finding {
  const check = `${name} permission`;
  const permission = { name, path } as const;
  if (isGranted(permission)) return ok(check, `the home may be ${PARTICIPLE[name]}`);
  const flags = quoteWords(permissionFlags([permission]));
  return problem(check, `the home may not be ${PARTICIPLE[name]}, so no command works`, howToGet(flags));
}

const PARTICIPLE = { read: "read", write: "written" } as const;
