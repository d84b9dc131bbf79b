/**
 * @module
 * `deno task build`: bundles the program into `dist/queuectl.js` and compiles that into `dist/queuectl`, with the
 * permissions a worker needs. `QUEUECTL_COMPILE_DENO` names another Deno to compile with, where this one cannot
 * download the base of the executable; `DENORT_BIN` then names that base.
 */

const BUNDLE = "dist/queuectl.js";
const EXECUTABLE = Deno.build.os === "windows" ? "dist/queuectl.exe" : "dist/queuectl";

/** What the executable may do: files anywhere, since the home can be anywhere; one shell; a few variables. */
const PERMISSIONS: readonly string[] = [
  "--no-prompt",
  "--allow-read",
  "--allow-write",
  "--allow-run=sh",
  "--allow-env=QUEUECTL_HOME,HOME,USERPROFILE,NO_COLOR,QUEUECTL_DEBUG",
];

async function run(program: string, args: readonly string[]): Promise<void> {
  const { success } = await new Deno.Command(program, { args: [...args] }).spawn().status;
  if (success) return;
  console.error(`Cannot build: ${program} ${args[0]} failed`);
  Deno.exit(1);
}

await run(Deno.execPath(), ["bundle", "--quiet", "--platform", "deno", "--minify", "-o", BUNDLE, "main.ts"]);
const compiler = Deno.env.get("QUEUECTL_COMPILE_DENO") ?? Deno.execPath();
await run(compiler, ["compile", "--quiet", "--no-check", ...PERMISSIONS, "-o", EXECUTABLE, BUNDLE]);
console.log(`${BUNDLE}  ${Deno.statSync(BUNDLE).size} bytes`);
console.log(`${EXECUTABLE}  ${Deno.statSync(EXECUTABLE).size} bytes`);
