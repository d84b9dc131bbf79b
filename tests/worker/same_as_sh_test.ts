/**
 * @module
 * A command that runs as a job sees, does and ends as if `sh -c` had run it: when nothing is known of how long it takes,
 * and when it is expected to take moments. Only that a job is ended before its worker where memory runs out is its own.
 * Slow, so `deno task test:quick` leaves it out.
 */
import assert from "node:assert/strict";
import { asJobs, asShDoes, type Did, type Trial } from "../helpers/same_as_sh.ts";
import { type TempDir, tempDir } from "../helpers/temp.ts";

/** What a command is surrounded by. Those without `$` and the like are plain. */
const SEEN: Trial[] = [
  "env -0",
  "umask; umask -S; pwd; pwd -P; ls /proc/self/fd; readlink /proc/self/fd/0; cat; read line",
  ": </dev/tty",
  "ulimit -a; ulimit -Ha; set -o; cat /proc/self/cgroup",
  'grep -E "^(Sig(Pnd|Blk|Ign|Cgt)|Umask|Uid|Gid|Groups|Cap|NoNewPrivs|Seccomp:|Cpus_allowed_list)" /proc/self/status',
  // The terminal, the priority, the nice value.
  "cut -d' ' -f7,18,19 /proc/self/stat",
  "for x do echo argument; done; jobs; wait; alias; hash; type x; shift",
  "\n\nno-such-program",
  "cd - && pwd; cd && pwd",
  `echo "$0 $# $- $? $LINENO $OPTIND $PS4 \${1-none} \${!-none}"; printf %s "$IFS"; set -- a "b c"; echo "$# $2"`,
  "ls /proc/$$/fd; readlink /proc/$$/cwd",
].map((command) => ({ command }));

/** What other commands leave in their shell must not be there for the next one. */
const SPOILING: Trial[] = [
  "cd /; umask 777; ulimit -n 20; export LEFT=1; set -efu; PATH=/nowhere; IFS=x; unset HOME",
  "alias ls=false; x() { echo spoiled; }; readonly PWD; OPTIND=7; PS4=x; hash cat",
  "set -C; set -n",
  "unset PATH; cd /nowhere",
].map((command) => ({ command }));

/** Directories and environments that ask for care. */
const ELSEWHERE: Trial[] = [
  { command: "pwd; pwd -P; env -0", cwd: "link" },
  { command: "pwd; env -0", cwd: " odd $(name)\n'" },
  { command: "pwd", cwd: null },
  {
    command: "env -0",
    env: { TEXT: "a\nb\n", QUOTED: `'"\\$(no)`, NONE: "", NO_COLOR: "2", UMLAUT: "äöü €" },
  },
  { command: "env -0; PATH=; echo", env: { PATH: "/bin:/usr/bin:/opt/own" } },
  {
    command: "env -0",
    env: { IFS: "x", OPTIND: "5", PS4: "-", LINENO: "9", HOME: "/", PWD: "/x", ENV: "/dev/zero" },
  },
  { command: "env -0; cd d", env: { CDPATH: "/", OLDPWD: "/x", SHELL: "x", LC_ALL: "C" } },
  {
    command: "env -0",
    env: Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [`V${i}`, `${i} of 5000`])),
  },
];

/** Ends, and what is printed on the way there. */
const ENDS: Trial[] = [
  ...[0, 1, 42, 126, 127, 128, 129, 137, 143, 192, 255, 256, 999].map((code) => `exit ${code}`),
  "true",
  "false",
  "! true",
  "",
  "   ",
  "\n",
  "# a comment",
  "exit",
  "false; exit",
  "exit -1",
  "exit x",
  "return 5; echo on",
  "break; echo on",
  "continue; echo on",
  "(exit 9)",
  "{ exit 4; }",
  "true | exit 6",
  "exit 6 | true",
  "exit 3 &",
  "sleep 0.05 & wait; echo waited",
  "sleep 0.2 & echo not waited",
  "set -e; false; echo never",
  "set -u; echo $nosuch; echo never",
  "set -x; echo shown",
  "set -x; exit 200",
  "set -xv; exit 3",
  "set -f; IFS=x; cd /; umask 777; exit 5",
  "echo (",
  "echo 'open",
  "if true; then",
  "}",
  "echo first\necho (",
  "echo to stderr >&2; echo to stdout",
  "cat <<END\nhere it is\nEND\n",
  "echo one\r\necho two\r\n",
  "x() { echo in a function; return 7; }; x",
  "alias greet='echo hello'\ngreet",
  "echo 'ä € 😀'",
  "ls nosuch",
  "cd nosuch",
  ". ./nosuch",
  ". ./five",
  "./die KILL",
  "./die TERM",
  "./die SEGV; exit 4",
  "./not-executable",
  ".",
  "exec sh -c 'exit 9'",
  "exec ./die KILL",
  "exec nosuch",
  "exec >/dev/null; exit 8",
  "exec 3>&1; ls /proc/self/fd",
  "exec <nosuch; echo never",
  "eval 'exit 7'",
  "trap 'echo bye' EXIT",
  "trap 'exit 4' EXIT; exit 3",
  "trap - EXIT; exit 3",
  "trap 'echo told' TERM; kill $$; exit 6",
  "trap '' TERM; kill $$; exit 6",
  "sh -c 'kill -9 $$'",
  "kill -CHLD $$; exit 3",
  "kill 0; echo never",
  "kill -9 0",
  "./die-all KILL; echo never",
  "trap 'echo told; exit 5' TERM; kill 0",
  ...["HUP", "INT", "QUIT", "ABRT", "KILL", "USR1", "SEGV", "PIPE", "ALRM", "TERM", "XCPU", "PROF", "SYS"]
    .map((signal) => `kill -${signal} $$`),
].map((command) => ({ command }));

/** As long as a command can be. */
const LONGEST = 131_071;
const LONG: Trial[] = [
  "x".repeat(LONGEST - "echo ".length),
  "é".repeat((LONGEST - "echo ".length) / 2),
].map((word) => ({ command: `echo ${word}` }));

const ALL = [...SPOILING, ...SEEN, ...ELSEWHERE, ...ENDS, ...LONG];

function prepared(): TempDir {
  const dir = tempDir();
  Deno.mkdirSync(dir.file("d"));
  Deno.mkdirSync(dir.file(" odd $(name)\n'"));
  Deno.symlinkSync("d", dir.file("link"));
  Deno.writeTextFileSync(dir.file("die"), "#!/bin/sh\nkill -$1 $$\n", { mode: 0o700 });
  Deno.writeTextFileSync(dir.file("die-all"), "#!/bin/sh\nkill -$1 0\n", { mode: 0o700 });
  Deno.writeTextFileSync(dir.file("not-executable"), "echo never\n", { mode: 0o600 });
  Deno.writeTextFileSync(dir.file("five"), "echo read; exit 5\n");
  return dir;
}

/** The C library's own, 32 and 33, which no program can use. */
const INTERNAL_SIGNALS = 0x1_8000_0000n;

/** Without what differs for good reasons: the order of variables, those of a job, and who complains. */
function comparable({ command }: Trial, { stdout, stderr, exitCode, signal }: Did): Did {
  const variables = stdout.split("\0").filter((one) =>
    !/^QUEUECTL_(?:JOB_ID|ATTEMPT|QUEUE|RUN|SAY|RESULT|CHECKPOINT|NEEDS)=/.test(one)
  );
  const printed = command.includes("env -0") ? variables.sort().join("\0") : stdout;
  return {
    stdout: printed.replace(
      /^SigIgn:\s+(\w+)/m,
      (_, mask) => `SigIgn: ${(BigInt(`0x${mask}`) & ~INTERNAL_SIGNALS).toString(16)}`,
    ),
    stderr: stderr.replaceAll(/^(sh: \d+: )eval: /gm, "$1"),
    exitCode,
    signal,
  };
}

Deno.test("commands see, do and end as jobs what they do by sh -c, expected to be brief or not", async () => {
  using dir = prepared();
  const [bySh, asLong, asBrief] = await Promise.all([
    asShDoes(dir, ALL),
    asJobs(dir, ALL, { brief: false }),
    asJobs(dir, ALL, { brief: true }),
  ]);
  const differences = Object.entries({ long: asLong, brief: asBrief }).flatMap(([what, jobs]) =>
    ALL.flatMap((trial, i) => {
      const [job, sh] = [jobs[i]!, bySh[i]!].map((did) => JSON.stringify(comparable(trial, did)));
      if (job === sh) return [];
      const say = (text: string) => text.slice(0, 999);
      return `${what}: ${say(JSON.stringify(trial))}\n   as a job ${say(job!)}\n   by sh -c ${say(sh!)}`;
    })
  );
  assert.equal(differences.join("\n"), "");
});
