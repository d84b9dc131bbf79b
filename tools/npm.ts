/**
 * @module
 * `deno task build:npm`: the npm package, in `dist/npm`, ready for `npm pack` or `npm publish`. It holds the program as
 * one file and a launcher for Node (`npm/queuectl.cjs`); Deno comes as a dependency.
 */
import { fileURLToPath } from "node:url";
import { BadInput, UserError } from "../src/domain/errors.ts";
import { VERSION } from "../src/system/version.ts";
import { bundle, requireBundler } from "./build/bundle.ts";
import { permissionsOn } from "./build/permissions.ts";
import { Staging } from "./build/staging.ts";
import { stopSignal } from "./build/stop.ts";

/** The Deno that the package runs with: the one everything is tested with. */
const DENO = "2.9.6";

const PACKAGE = {
  name: "queuectl",
  version: VERSION,
  description: "A background job queue for shell commands, with retries, timeouts and a dead letter queue",
  keywords: ["queue", "jobs", "shell", "worker", "sqlite"],
  license: "MIT",
  type: "module",
  bin: { queuectl: "queuectl.cjs" },
  files: ["queuectl.cjs", "queuectl.js", "permissions.json"],
  engines: { node: ">=18" },
  dependencies: { deno: DENO },
};

/** What of the package lies in the source as it is. */
const COPIED = { "queuectl.cjs": "npm/queuectl.cjs", "README.md": "npm/README.md", LICENSE: "../LICENSE" };

async function buildPackage(out: string, signal: AbortSignal): Promise<void> {
  requireBundler();
  using staging = new Staging(out);
  const names = ["package.json", "permissions.json", "queuectl.js", ...Object.keys(COPIED)];
  staging.requireRoom(names);
  await bundle(`${staging.path}/queuectl.js`, signal);
  for (const [name, source] of Object.entries(COPIED)) {
    Deno.copyFileSync(fileURLToPath(new URL(source, import.meta.url)), `${staging.path}/${name}`);
  }
  const permissions = { windows: permissionsOn("windows"), others: permissionsOn("linux") };
  for (const [name, value] of [["package.json", PACKAGE], ["permissions.json", permissions]] as const) {
    Deno.writeTextFileSync(`${staging.path}/${name}`, `${JSON.stringify(value, null, 2)}\n`);
  }
  staging.publish(names);
  console.log(`${out}: ${PACKAGE.name} ${VERSION}, with Deno ${DENO}`);
}

function readOut(words: readonly string[]): string {
  const [flag, out, ...more] = words;
  if (flag === undefined) return "dist/npm";
  if (flag === "--out" && out && more.length === 0) return out;
  throw new BadInput("Usage: deno task build:npm [--out DIR]");
}

try {
  await buildPackage(readOut(Deno.args), stopSignal());
  Deno.exit(0);
} catch (error) {
  if (!(error instanceof UserError)) throw error;
  console.error(error.message);
  Deno.exit(error.exitCode);
}
