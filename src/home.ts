/**
 * @module
 * The home: the one directory that holds everything, and the paths within it. Mode 0700, files 0600.
 */
import { envVariable } from "./environment.ts";
import { PermissionMissing, StoreUnusable } from "./errors.ts";
import { absolutePath, isAbsolute } from "./paths.ts";
import { howToGet, isGranted } from "./permissions.ts";

/** The paths within a home. All absolute. */
export interface Home {
  /** The home itself. */
  dir: string;
  /** The SQLite database; its `-wal` and `-shm` stand beside it. */
  database: string;
  /** Touched after every change that somebody may wait for. */
  doorbell: string;
  /** Output of running attempts. */
  spool: string;
  /** Logs of detached workers. */
  logs: string;
}

/** The paths within the home `dir`, which is made absolute; nothing is created. */
export function homeAt(dir: string): Home {
  const root = absolutePath(dir, isAbsolute(dir) ? "" : Deno.cwd());
  return {
    dir: root,
    database: `${root}/queue.db`,
    doorbell: `${root}/doorbell`,
    spool: `${root}/spool`,
    logs: `${root}/logs`,
  };
}

/**
 * The home to use: the one given, else `QUEUECTL_HOME`, else `~/.queuectl`.
 * @throws {PermissionMissing} when it is not given and the environment may not be read
 * @throws {StoreUnusable} when neither the environment nor the caller names one
 */
export function findHome(given: string | undefined): Home {
  if (given !== undefined) return homeAt(given);
  const named = envVariable("QUEUECTL_HOME");
  if (named) return homeAt(named);
  const user = envVariable("HOME") ?? envVariable("USERPROFILE");
  if (user) return homeAt(`${user}/.queuectl`);
  if (!isGranted({ name: "env", variable: "HOME" })) {
    const how = howToGet("--allow-env=QUEUECTL_HOME,HOME");
    throw new PermissionMissing(`Cannot tell where the home is: give --home DIR, or ${how}`);
  }
  throw new StoreUnusable(
    "Cannot tell where the home is: neither QUEUECTL_HOME nor HOME is set; give --home DIR",
  );
}
