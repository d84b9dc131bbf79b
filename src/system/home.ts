/**
 * @module
 * The home: the one directory that holds everything, and the paths within it. Mode 0700, files 0600.
 */
import { PermissionMissing, StoreUnusable } from "../domain/errors.ts";
import { baseDirectory, envVariable } from "./environment.ts";
import { absolutePath, isAbsolute, type PathOptions } from "./paths.ts";
import { howToGet, isGranted } from "./permissions.ts";

/** The paths within a home. All absolute. */
export interface Home {
  /** The home itself. */
  dir: string;
  /** The SQLite database; its `-wal` and `-shm` stand beside it. */
  database: string;
  /** Says where the store is, when it is not the database in here; see `store/open.ts`. */
  store: string;
  /** Files with addresses of other stores that were meant for what runs. */
  addresses: string;
  /** Touched after every change that somebody may wait for. */
  doorbell: string;
  /** Touched by who waits for the database to be free. */
  waiting: string;
  /** Room for when the disk is full. */
  reserve: string;
  /** Output of running attempts. */
  spool: string;
  /** Logs of detached workers. */
  logs: string;
}

/** The paths within the home `dir`, which is made absolute; nothing is created. @throws {BadInput} when it cannot be */
export function homeAt(dir: string, options: PathOptions = {}): Home {
  const root = absolutePath(dir, isAbsolute(dir, options) ? "" : baseDirectory(), options);
  return {
    dir: root,
    database: `${root}/queue.db`,
    store: `${root}/store`,
    addresses: `${root}/addresses`,
    doorbell: `${root}/doorbell`,
    waiting: `${root}/waiting`,
    reserve: `${root}/reserve`,
    spool: `${root}/spool`,
    logs: `${root}/logs`,
  };
}

/** Where to look for the home: this system and its environment, unless given. */
export interface HomeOptions extends PathOptions {
  /** The value of a variable; undefined when there is none, or it may not be read. */
  variable?(name: string): string | undefined;
}

/**
 * The home to use: the one given, else `QUEUECTL_HOME`, else `.queuectl` in the user's own directory. That is `HOME`;
 * on Windows it is `USERPROFILE`, since only some shells there set the other.
 * @throws {PermissionMissing} when it is not given and the environment may not be read
 * @throws {StoreUnusable} when neither the environment nor the caller names one
 */
export function findHome(given: string | undefined, options: HomeOptions = {}): Home {
  const { windows = Deno.build.os === "windows", variable = envVariable } = options;
  if (given !== undefined) return homeAt(given, { windows });
  const named = variable("QUEUECTL_HOME");
  if (named) return homeAt(named, { windows });
  const [first, second] = windows ? ["USERPROFILE", "HOME"] as const : ["HOME", "USERPROFILE"] as const;
  const user = variable(first) ?? variable(second);
  if (user) return homeAt(`${user}/.queuectl`, { windows });
  if (!isGranted({ name: "env", variable: first })) {
    const how = howToGet(`--allow-env=QUEUECTL_HOME,${first}`);
    throw new PermissionMissing(`Cannot tell where the home is: give --home DIR, or ${how}`);
  }
  throw new StoreUnusable(
    `Cannot tell where the home is: neither QUEUECTL_HOME nor ${first} is set; give --home DIR`,
  );
}
