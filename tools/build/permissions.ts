/**
 * @module
 * What queuectl may do when it is installed as a program of its own, as an executable or from npm: the least with
 * which everything works. A home can be anywhere, and so can files to enqueue from and to back up to; shells do all
 * that concerns processes; jobs may be given any variable.
 */

/** The flags for a platform, given as Deno names its operating system. */
export function permissionsOn(os: typeof Deno.build.os): string[] {
  const windows = os === "windows";
  return [
    "--no-prompt",
    "--allow-read",
    "--allow-write",
    "--allow-sys=statfs", // for the room that is left, on the dashboard; workers drop it
    "--allow-net", // for the dashboard, at whatever address; workers drop it
    `--allow-run=${windows ? "cmd,powershell,taskkill" : "sh"}`,
    "--allow-env", // for `enqueue --env NAME`; workers drop it
    // nothing is imported from anywhere once it is installed; some hosts would be allowed by default
    "--deny-import",
  ];
}
