/**
 * @module
 * The checks of what the home is stored on: the kind of file system, and how much room it has. A shell can ask `df`;
 * without one there is only trying.
 */
import { reserveFor, reserveSize } from "../../../store/reserve.ts";
import { quoteWords } from "../../../system/shell_words.ts";
import type { Disk } from "../../../worker/process/platform.ts";
import type { Context } from "../../line/context.ts";
import { mayRun, RUN_FLAG } from "../worker/permissions.ts";
import { type Finding, ok, problem, warning } from "./finding.ts";
import { hasRoom } from "./probe.ts";

const MIB = 1024 * 1024;
/** Less than this is soon full: SQLite's log alone may take a good part of it. */
const LITTLE_SPACE = 512 * MIB;
/** With less than this, writing fails now. */
const NO_SPACE = 8 * MIB;

/** Kind of file system, free space, and the reserve; `disk` is what the system says of it, if anything. */
export function* checkDisk(context: Context, disk: Disk | undefined): Generator<Finding> {
  if (disk) {
    yield checkFileSystem(disk);
    yield checkSpace(context, disk.available);
    return yield checkReserve(context, disk.available);
  }
  const advice = mayRun() ? "install df" : `run doctor with ${RUN_FLAG}`;
  yield warning("file system", "not checked: only df can tell whether this is a local disk", advice);
  yield tryForSpace(context, advice);
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

/**
 * Workers make it, in their first moments. Where none has run, or stayed that long, or the disk is too small for one,
 * there is nothing wrong.
 */
function checkReserve({ home }: Context, available: number): Finding {
  const size = reserveSize(home);
  const found = `${(size / MIB).toFixed(1)} MiB kept for a full disk`;
  if (size > 0 && size >= reserveFor(available, size)) return ok("reserve", found);
  if (!isThere(home.reserve)) return ok("reserve", "none yet: a worker makes it");
  if (available >= LITTLE_SPACE) return ok("reserve", `${found}; the next worker makes it whole`);
  return warning(
    "reserve",
    found,
    "the disk was full, or is; with room on it, a worker makes the reserve whole",
  );
}

function isThere(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
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
