/**
 * @module
 * The Windows side of the platform, as far as it can be tried anywhere: what it would start, and what it makes of what
 * the system would print. The samples are made by hand after the documentation.
 */
import assert from "node:assert/strict";
import { homeAt } from "../../src/system/home.ts";
import { platformOf, thisPlatform } from "../../src/worker/process/this_platform.ts";
import { type Launch, NO_RUN } from "../../src/worker/process/platform.ts";
import { quoteWord } from "../../src/worker/process/windows/background.ts";
import { cmdFor, MARK, markOf } from "../../src/worker/process/windows/launch.ts";
import { windowsPlatform } from "../../src/worker/process/windows/platform.ts";
import type { Process } from "../../src/worker/process/windows/processes.ts";
import type { Call } from "../../src/worker/process/windows/programs.ts";

const SPOOL = "C:\\Users\\Jürgen & Co\\.queuectl/spool/supervisor-abc234/0f8a1c52";

function launchOf(changes: Partial<Launch> = {}): Launch {
  return {
    command: 'echo "a & b" !x! %PATH%',
    shell: "cmd",
    spool: SPOOL,
    endsFile: "unused",
    cwd: "C:\\work",
    env: { QUEUECTL_RUN: "0f8a1c52" },
    byToken: true,
    setsid: false,
    brief: true,
    ...changes,
  };
}

/** The script among the arguments of `cmd`. */
function scriptOf(launch: Launch): string {
  const { args = [] } = cmdFor(launch);
  return args.at(-1)!;
}

/** The text of a script for PowerShell. */
function decoded({ args }: Call): string {
  return atob(args.at(-1)!).replaceAll("\0", "");
}

/** What a Windows platform does whose programs print what they are told to, and the calls it made. */
function recorded(printed: (call: Call) => string) {
  const calls: Call[] = [];
  const platform = windowsPlatform((call) => {
    calls.push(call);
    return Promise.resolve(printed(call));
  });
  return { calls, platform };
}

const NOW = 1_764_061_200_000;

function listOf(...processes: Process[]): string {
  return `\ufeff${JSON.stringify({ now: NOW, processes })}\r\n`;
}

function process(id: number, parent: number, changes: Partial<Process> = {}): Process {
  return { id, parent, line: null, started: NOW - 60_000, ...changes };
}

/** A machine with a run: 700 is its first process, 710 and 720 descend from it, 730 is an older one's, 740 nobody's. */
const RUNNING = [
  process(0, 0, { started: null }),
  process(4, 0, { started: null }),
  process(640, 4, { line: "C:\\Windows\\system32\\svchost.exe -k netsvcs -p" }),
  process(730, 700, { line: "older.exe", started: NOW - 90_000 }),
  process(720, 710, { line: "node.exe build.js", started: NOW - 40_000 }),
  process(710, 700, { line: 'C:\\Windows\\system32\\cmd.exe /d /v:off /s /c "npm run build"' }),
  process(700, 600, { line: `cmd /d /v:on /s /c ${scriptOf(launchOf())}` }),
  process(740, 999, { line: "notepad.exe C:\\spool\\0f8a1c52.out" }),
];

Deno.test("one place chooses the platform", () => {
  assert.deepEqual(platformOf("windows").programs, ["cmd", "powershell", "taskkill"]);
  assert.deepEqual(platformOf("windows").stopSignals, ["SIGINT", "SIGBREAK"]);
  for (const os of ["linux", "darwin", "freebsd"] as const) assert.deepEqual(platformOf(os).programs, ["sh"]);
  assert.equal(platformOf(Deno.build.os).programs.join(), thisPlatform.programs.join());
});

Deno.test("nothing of a job is in the text that cmd parses, but its mark", () => {
  const other = launchOf({ command: "exit 3", cwd: null, spool: "D:/q/spool/supervisor-xyz234/77777777" });
  const strip = (launch: Launch) => scriptOf(launch).replace(markOf(launch.spool), "");
  assert.equal(strip(launchOf()), strip(other));
  assert.match(markOf(SPOOL), /^[\w-]+\.0f8a1c52$/);
  const { env, cwd, windowsRawArguments } = cmdFor(launchOf());
  assert.equal(windowsRawArguments, true);
  assert.equal(cwd, "C:\\work");
  assert.deepEqual(env, {
    ...NO_RUN,
    QUEUECTL_RUN: "0f8a1c52",
    QUEUECTL_COMMAND: 'echo "a & b" !x! %PATH%',
    QUEUECTL_SHELL: "cmd",
    QUEUECTL_SPOOL: SPOOL.replaceAll("/", "\\"),
    QUEUECTL_TOKEN: "0f8a1c52",
  });
});

Deno.test("a command's shell reads the spool where it is given something to read", () => {
  const reads = scriptOf(launchOf({ reads: true }));
  assert.ok(reads.includes('"!QUEUECTL_COMMAND!" <"!QUEUECTL_SPOOL!.in" >>"!QUEUECTL_SPOOL!.out"'), reads);
  assert.ok(!scriptOf(launchOf()).includes('.in"'));
});

Deno.test("cmd makes the spool's first file before it runs the command, and leaves the exit code last", () => {
  const script = scriptOf(launchOf());
  assert.ok(script.startsWith(`"${MARK}`) && script.endsWith('"'));
  const order = [
    "ren ",
    '(del "',
    "QUEUECTL_COMMAND",
    '.err"',
    "set QUEUECTL_CODE=",
    ".exit.!QUEUECTL_CODE!",
    "exit !",
  ];
  const places = order.map((part) => script.indexOf(part));
  assert.ok(places.every((place) => place > 0), script);
  assert.deepEqual(places, places.toSorted((a, b) => a - b));
});

Deno.test("a job's PATH and variables for the linker are set by cmd, whatever they contain", () => {
  const env = { Path: 'C:\\a & "b"', LD_X: "%y%", GREETING: "hi" };
  const { args, env: given } = cmdFor(launchOf({ env }));
  assert.match(args!.at(-1)!, /set "Path=!QUEUECTL_SET_0!"& set "LD_X=!QUEUECTL_SET_1!"& /);
  assert.deepEqual([given!.Path, given!.LD_X, given!.GREETING], [undefined, undefined, "hi"]);
  assert.deepEqual([given!.QUEUECTL_SET_0, given!.QUEUECTL_SET_1], ['C:\\a & "b"', "%y%"]);
});

Deno.test("shells get the command from the environment, and unknown ones are refused", () => {
  for (const shell of ["cmd", "CMD.EXE", "C:\\Windows\\System32\\cmd.exe"]) {
    assert.match(scriptOf(launchOf({ shell })), /"!ComSpec!" \/d \/v:off \/s \/c "!QUEUECTL_COMMAND!" >>/);
  }
  assert.match(scriptOf(launchOf({ shell: "pwsh" })), /-Command "Invoke-Expression \$env:QUEUECTL_COMMAND;/);
  assert.match(
    scriptOf(launchOf({ shell: "C:/Git/bin/bash.exe" })),
    / -c "eval \\"\$QUEUECTL_COMMAND\\"" >>/,
  );
  assert.throws(() => cmdFor(launchOf({ shell: "fish" })), /the shell "fish" is none of/);
});

Deno.test("runs are found by token or spool, with their age, and not those who merely know the token", async () => {
  const { platform } = recorded(() => listOf(...RUNNING));
  const found = await platform.findRuns(["0f8a1c52", "77777777"], true);
  assert.deepEqual([...found!], [["0f8a1c52", { group: 700, ageMs: 60_000 }]]);
  assert.deepEqual([...(await platform.findRuns([SPOOL, "C:\\x/0f8a1c52"], true))!.keys()], [SPOOL]);
});

Deno.test("where the processes cannot be listed, nobody is taken to be gone", async () => {
  for (const printed of ["", "Get-CimInstance : Access denied", listOf()]) {
    const { platform } = recorded(() => printed);
    assert.equal(await platform.findRuns(["0f8a1c52"], true), undefined);
    await assert.rejects(platform.signalTree({ token: "0f8a1c52", root: 700 }, "KILL", true));
  }
});

Deno.test("a tree is the first process and its descendants, without those of an earlier process with its pid", async () => {
  const { calls, platform } = recorded(() => listOf(...RUNNING));
  const tree = { token: "0f8a1c52", root: null };
  assert.deepEqual(pidsOf(await platform.signalTree(tree, "0", true)), [700, 710, 720]);
  assert.deepEqual(calls.map(({ program }) => program), ["powershell"]);
  await platform.signalTree(tree, "TERM", true);
  assert.deepEqual(calls.at(-1), {
    program: "taskkill",
    args: ["/T", "/F", "/PID", "700", "/PID", "710", "/PID", "720"],
  });
});

Deno.test("a tree whose first process does not show its mark is found by its pid; one that is gone ends nobody", async () => {
  const hidden = RUNNING.map((one) => ({ ...one, line: null }));
  const { calls, platform } = recorded(() => listOf(...hidden));
  assert.deepEqual(pidsOf(await platform.signalTree({ token: "0f8a1c52", root: 700 }, "0", true)), [
    700,
    710,
    720,
  ]);
  assert.deepEqual(await platform.signalTree({ token: "0f8a1c52", root: null }, "KILL", true), []);
  assert.ok(calls.every(({ program }) => program === "powershell"));
});

Deno.test("a boot is told by its session manager, and by the system's own word where that is not to be seen", async () => {
  const answers = [
    '{"name":"DESKTOP-7","session":1764000000123,"boot":1764000001000}\r\n',
    '{"name":"DESKTOP-7","session":null,"boot":1764000001000}\r\n',
  ];
  const { calls, platform } = recorded(() => answers[calls.length - 1]!);
  assert.equal((await platform.probeHost()).bootId, "1764000000123");
  const host = await platform.probeHost();
  assert.deepEqual([host.name, host.bootId, host.byToken], ["DESKTOP-7", "1764000001000", true]);
  assert.match(decoded(calls[0]!), /LastBootUpTime/);
});

Deno.test("a program in the background is known by what descends from its cmd, until nothing does", async () => {
  let running = [process(900, 1), process(901, 900), process(902, 1)];
  const { calls, platform } = recorded((call) => call.env?.QUEUECTL_PROGRAM ? "900\r\n" : listOf(...running));
  const { dir } = homeAt("C:\\my home", { windows: true });
  const words = ["C:/Program Files/deno.exe", "run", 'a "b"', "--home", dir];
  const background = await platform.startInBackground(words, `${dir}/logs/supervisors.log`);
  const { QUEUECTL_PROGRAM, QUEUECTL_WORDS, QUEUECTL_LOG, QUEUECTL_ARGUMENTS } = calls[0]!.env!;
  assert.equal(QUEUECTL_PROGRAM, "C:\\Program Files\\deno.exe");
  assert.equal(QUEUECTL_WORDS, 'run "a \\"b\\"" --home "C:\\my home"');
  assert.equal(QUEUECTL_LOG, "C:\\my home\\logs\\supervisors.log");
  assert.equal(
    QUEUECTL_ARGUMENTS,
    '/d /v:on /s /c ""!QUEUECTL_PROGRAM!" !QUEUECTL_WORDS! >>"!QUEUECTL_LOG!" 2>&1"',
  );
  assert.deepEqual([await background.pids(), background.ended], [[900, 901], false]);
  running = [process(902, 1)];
  assert.deepEqual([await background.pids(), background.ended], [[], true]);
});

Deno.test("a word is quoted as programs on Windows read it", () => {
  const words: [word: string, quoted: string][] = [
    ["plain", "plain"],
    ["C:\\a\\", "C:\\a\\"],
    ["", '""'],
    ["a b", '"a b"'],
    ["C:\\a b\\", '"C:\\a b\\\\"'],
    ['say "hi"', '"say \\"hi\\""'],
    ['a\\"b', '"a\\\\\\"b"'],
  ];
  for (const [word, quoted] of words) assert.equal(quoteWord(word), quoted, word);
});

function pidsOf(signalled: readonly { pid: number }[]): number[] {
  return signalled.map(({ pid }) => pid);
}

Deno.test("a command that is to be kept within limits is refused, not run without", () => {
  const limits = { nice: 5, io: null, cpuTimeMs: null, memory: null, maxProcs: null };
  assert.throws(() => cmdFor(launchOf({ limits })), /^Error: Windows keeps it within no nice, io, cpu_time/);
});
