/**
 * @module
 * The checks of what the home is stored on: the kind of file system, and how much room it has. A shell can ask `df`;
 * without one there is only trying.
 */
import { quoteWords } from "../../shell_words.ts";
import type { Context } from "../context.ts";
import { type Finding, ok, problem, warning } from "./finding.ts";
import { hasRoom } from "./probe.ts";

/** Runs a script with one argument; undefined where no shell may be run. */
export type RunShell = (script: string, argument: string) => Promise<{ success: boolean; stdout: string }>;

const MIB = 1024 * 1024;
/** Less than this is soon full: SQLite's log alone may take a good part of it. */
const LITTLE_SPACE = 512 * MIB;
/** With less than this, writing fails now. */
const NO_SPACE = 8 * MIB;

/** Kind of file system, and free space. */
export async function* checkDisk(context: Context, run: RunShell | undefined): AsyncGenerator<Finding> {
  const disk = run && await askDf(run, context.home.dir);
  if (disk) {
    yield checkFileSystem(disk);
    return yield checkSpace(context, disk.available);
  }
  const advice = run ? "install df" : "run doctor with --allow-run=sh";
  yield warning("file system", "not checked: only df can tell whether this is a local disk", advice);
  yield tryForSpace(context, advice);
}

/** What `df` says of a path. */
export interface Disk {
  /** A device, or `host:/path`. */
  source: string;
  /** Such as `ext4`; undefined where `df` does not say. */
  type: string | undefined;
  /** In bytes. */
  available: number;
}

async function askDf(run: RunShell, dir: string): Promise<Disk | undefined> {
  const typed = readDf((await run('LC_ALL=C df -PkT -- "$1"', dir)).stdout);
  return typed?.type ? typed : readDf((await run('LC_ALL=C df -Pk -- "$1"', dir)).stdout);
}

/** From the line for one path: what comes before the sizes may contain blanks. */
const WITH_TYPE = /^(.+?)\s+(\S+)\s+\d+\s+-?\d+\s+(-?\d+)\s+\S+\s+\//;
const WITHOUT_TYPE = /^(.+?)()\s+\d+\s+-?\d+\s+(-?\d+)\s+\S+\s+\//;

/** Reads what `df -Pk` prints for one path, with `T` or without. @returns undefined where it found nothing */
export function readDf(printed: string): Disk | undefined {
  const [header = "", line = ""] = printed.split("\n");
  const form = /^\S+\s+Type\s/.test(header) ? WITH_TYPE : WITHOUT_TYPE;
  const [, source, type, available] = form.exec(line) ?? [];
  if (source === undefined) return undefined;
  return { source, type: type || undefined, available: Math.max(0, Number(available)) * 1024 };
}

/**
 * Several machines, or a machine and its guest, write to these; they do not keep the locks and the shared memory of
 * all of them together, as SQLite's log needs.
 */
const SHARED =
  /^(?:nfs\d?|cifs|smb\d?|smbfs|smbfs2|9p|v9fs|afs|afpfs|webdav|davfs|ncpfs|ceph|glusterfs|lustre|gpfs|beegfs|ocfs2|gfs2?|orangefs|pvfs2|virtiofs|vboxsf|vmhgfs|prl_fs|drvfs|fuse\.(?:sshfs|glusterfs|ceph|ceph-fuse|s3fs|rclone|davfs2?|vmhgfs-fuse|gcsfuse|mergerfs|smbnetfs|curlftpfs|juicefs|osxfs|grpcfuse))$/;

/** `host:/path` and `//host/share`. */
const REMOTE = /^(?:\/\/|[\w.[\]:-]+:\/)/;

/** Whether SQLite can rely on it. */
export function checkFileSystem({ source, type }: Disk): Finding {
  const name = type ?? source;
  if (!(type ? SHARED.test(type) : REMOTE.test(source))) return ok("file system", name);
  return warning(
    "file system",
    `${name} is shared with other machines: several processes can damage a database there`,
    "move the home to a local disk, and say where with --home DIR or QUEUECTL_HOME",
  );
}

function checkSpace(context: Context, available: number): Finding {
  const found = `${(available / MIB / 1024).toFixed(1)} GiB free`;
  if (available >= LITTLE_SPACE) return ok("space", found);
  return available < NO_SPACE
    ? problem("space", found, makeRoom(context))
    : warning("space", found, makeRoom(context));
}

function tryForSpace(context: Context, advice: string): Finding {
  const least = `${NO_SPACE / MIB} MiB`;
  switch (hasRoom(context.home, NO_SPACE)) {
    case true:
      return warning("space", `at least ${least} free; only df can tell how much`, advice);
    case false:
      return problem("space", `less than ${least} free`, makeRoom(context));
    default:
      return warning("space", "not checked: nothing can be written in the home", "see to that first");
  }
}

function makeRoom({ home }: Context): string {
  const dir = quoteWords([home.dir]);
  return `make room on the file system of ${dir}, for example with queuectl prune --older-than 1d`;
}
