/**
 * @module
 * Hosts that give little: a root file system that is read-only, no `/proc`, no `ps`, no home directory, a process table
 * of their own. Made with mount and process namespaces, so these tests are left out where they cannot be made.
 * Slow, so `deno task test:quick` leaves it out.
 */
import assert from "node:assert/strict";
import { dirname } from "node:path";
import { type Finished, MAIN } from "../helpers/cli.ts";
import { finished, succeeds } from "../helpers/finished.ts";
import { type TempDir, tempDir } from "../helpers/temp.ts";

/** What a host is like and what is done on it, as shell scripts. */
interface HostScript {
  /** Makes the host what it is. `$DIR` is a directory to write to. */
  prepare?: string;
  /** What is done on it. `$Q` is the program with the least permissions and a home in `$DIR`. */
  script: string;
  /** Further variables. */
  env?: Record<string, string>;
}

/** Runs a script in a mount namespace of its own. */
function onHost({ path, home }: TempDir, { prepare = ":", script, env }: HostScript): Promise<Finished> {
  const program = [
    ...[Deno.execPath(), "run", "--no-prompt", `--allow-read=${home.dir},${dirname(MAIN)}`],
    ...[`--allow-write=${home.dir}`, "--allow-run=sh", MAIN, "--home", home.dir],
  ];
  return finished("unshare", {
    args: ["-m", "sh", "-c", `set -e; mount --make-rprivate /; ${prepare}\n${script}`],
    env: { Q: program.join(" "), DIR: path, NO_COLOR: "1", ...env },
    cwd: path,
    stdin: "null",
  });
}

/** Whether this machine lets tests make such hosts. */
const cannot = !succeeds("unshare", "-m", "sh", "-c", "mount --make-rprivate /");

const HIDE_PROC = "mount -t tmpfs none /proc";

/** Enough of everything: jobs, a timeout of a whole tree, the doctor, workers in the background. */
const WHOLE_ROUND = `
$Q enqueue --id hello 'echo hello; echo oops >&2'
$Q enqueue --id hangs --timeout 0.3 --max-retries 0 'sleep 600 & sleep 600'
$Q worker start --burst --count 2 >&2
$Q logs hello
$Q show hangs | grep ^Error
$Q doctor >&2`;

const IN_BACKGROUND = `
$Q worker start --detach >&2
$Q enqueue --id later 'echo later'
$Q wait later
$Q worker stop --wait >&2`;

Deno.test(
  "a read-only root file system with one writable directory is enough",
  { ignore: cannot },
  async () => {
    using dir = tempDir();
    const { code, stdout, stderr } = await onHost(dir, {
      prepare: 'mount --bind "$DIR" "$DIR"; mount -o remount,bind,ro /; ! touch "$HOME/x" 2>/dev/null',
      script: WHOLE_ROUND + IN_BACKGROUND,
    });
    assert.equal(code, 0, stderr);
    assert.equal(
      stdout,
      "hello\nhangs\nhello\noops\nError      timed out after 300ms\nlater\nlater completed\n",
    );
  },
);

Deno.test("without /proc jobs run, and time out with all their processes", { ignore: cannot }, async () => {
  using dir = tempDir();
  const { code, stdout, stderr } = await onHost(dir, { prepare: HIDE_PROC, script: WHOLE_ROUND });
  assert.equal(code, 0, stderr);
  assert.match(stdout, /^hello\nhangs\nhello\noops\nError {6}timed out after 300ms/);
});

Deno.test(
  "without /proc, workers in the background are refused with a reason",
  { ignore: cannot },
  async () => {
    using dir = tempDir();
    const script = "$Q worker start --detach";
    const { code, stdout, stderr } = await onHost(dir, { prepare: HIDE_PROC, script });
    assert.deepEqual([code, stdout], [1, ""]);
    assert.equal(
      stderr,
      "Cannot start workers in the background: without /proc the program cannot find itself; leave out --detach\n",
    );
  },
);

Deno.test("an adopted job that cannot be looked for, for want of /proc and ps, is settled by its end", {
  ignore: cannot,
}, async () => {
  using dir = tempDir();
  const prepare = `${HIDE_PROC}; mount --bind /dev/null "$(command -v ps)"`;
  const script = `$Q enqueue --id long 'echo begun; until [ -e "$DIR/go" ]; do sleep 0.1; done; echo done'
$Q worker start >&2 & worker=$!
until $Q logs long 2>/dev/null | grep -q begun; do sleep 0.02; done
kill -9 $worker; wait $worker || :
: >go
$Q worker start --burst >&2
$Q logs long; $Q show long | grep -E '^(State|Attempts)'`;
  const { code, stdout, stderr } = await onHost(dir, { prepare, script });
  assert.equal(code, 0, stderr);
  assert.equal(stdout, "long\nbegun\ndone\nState      completed\nAttempts   1 of at most 4\n", stderr);
});

Deno.test("as the first process of a container, a worker runs and stops", { ignore: cannot }, async () => {
  using dir = tempDir();
  const script = `$Q enqueue --id first 'echo $PPID; sleep 0.05 & exit 0'
$Q enqueue --id hangs --timeout 0.3 --max-retries 0 'setsid sleep 600 & sleep 600; exit 1'
unshare -p -f --mount-proc --kill-child sh -c 'exec $Q worker start --burst' >&2
$Q show hangs | grep ^Error; $Q show first | grep ^State`;
  const { code, stdout, stderr } = await onHost(dir, { script });
  assert.equal(code, 0, stderr);
  assert.equal(stdout, "first\nhangs\nError      timed out after 300ms\nState      completed\n");
});

Deno.test("a user without a home directory or a name can use a home that is given", {
  ignore: cannot || !succeeds("setpriv", "--reuid", "54321", "true"),
}, async () => {
  using dir = tempDir();
  Deno.chmodSync(dir.path, 0o777);
  Deno.mkdirSync(dir.home.dir, { mode: 0o700 });
  Deno.chownSync(dir.home.dir, 54321, 54321);
  const { denoDir } = JSON.parse((await finished(Deno.execPath(), { args: ["info", "--json"] })).stdout);
  // The program and its cache may lie where this user does not get at them.
  const prepare = [
    `: >"$DIR/deno"; mount --bind '${Deno.execPath()}' "$DIR/deno"`,
    `mkdir "$DIR/program"; mount --bind '${dirname(MAIN)}' "$DIR/program"`,
    `mkdir "$DIR/cache"; mount --bind '${denoDir}' "$DIR/cache"`,
  ];
  const program = [
    ...["$DIR/deno", "run", "--no-prompt", "--allow-read=$DIR/home,$DIR/program", "--allow-write=$DIR/home"],
    ...["--allow-run=sh", "$DIR/program/main.ts", "--home", "$DIR/home"],
  ];
  const { code, stdout, stderr } = await onHost(dir, {
    prepare: prepare.join("; "),
    script: `unset HOME; export DENO_DIR=$DIR/cache Q="${program.join(" ")}"
export ROUND; setpriv --reuid 54321 --regid 54321 --clear-groups sh -ec "$ROUND"`,
    env: { ROUND: WHOLE_ROUND },
  });
  assert.equal(code, 0, stderr);
  assert.match(stdout, /^hello\nhangs\nhello\noops\nError {6}timed out after 300ms/);
});
