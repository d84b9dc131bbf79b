/**
 * @module
 * Sessions at a terminal, as pages and fixtures write them down: `$ command`, and what it printed. They are played in
 * one real shell on a real terminal of a given width, and compared but for what differs from run to run.
 */
import { bundledMain } from "./bundled.ts";
import { RUN_FLAGS } from "./cli.ts";
import { succeeds } from "./finished.ts";
import type { TempDir } from "./temp.ts";

/** A command and what it printed. */
export interface Exchange {
  command: string;
  printed: string;
}

/** Only this `script` takes `-qefc COMMAND FILE`. */
export const hasTerminal = succeeds("script", "-qefc", "true", "/dev/null");

/** The sessions on a page: its blocks of `console`, but for those behind a comment that says `not played`. */
export function sessionsOn(page: string): Exchange[] {
  const blocks = page.matchAll(/(<!-- not played[^>]*-->\s*)?^```console\n([^]*?)^```$/gm);
  return [...blocks].filter(([, not]) => not === undefined).flatMap(([, , block]) => readSession(block!));
}

/** A session as text; a command goes on in lines that begin with `> `. */
export function readSession(text: string): Exchange[] {
  return text.split(/^\$ /m).slice(1).map((part) => {
    const [first, ...rest] = part.replace(/\n$/, "").split("\n");
    const more = rest.findIndex((line) => !line.startsWith("> "));
    const commandLines = more < 0 ? rest : rest.slice(0, more);
    return {
      command: [first, ...commandLines.map((line) => line.slice(2))].join("\n"),
      printed: rest.slice(commandLines.length).join("\n"),
    };
  });
}

/** The same as text again. */
export function writeSession(exchanges: readonly Exchange[]): string {
  return exchanges.map(({ command, printed }) =>
    `$ ${command.replaceAll("\n", "\n> ")}\n${printed === "" ? "" : `${printed}\n`}`
  ).join("");
}

/** Stands between the commands in what the terminal shows. */
const MARK = "\x1e";

/** Plays commands one after the other, in `dir/work`; `queuectl` is the program with `dir/home`. */
export async function play(
  commands: readonly string[],
  { dir, columns }: { dir: TempDir; columns: number },
): Promise<Exchange[]> {
  Deno.mkdirSync(dir.file("bin"), { recursive: true });
  Deno.mkdirSync(dir.file("work"), { recursive: true });
  const [run, ...flags] = RUN_FLAGS.map((flag) => flag.replace(/^(--allow-env)=.*/, "$1"));
  const program = [Deno.execPath(), run, "-q", ...flags, await bundledMain()].map((word) => `'${word}'`).join(
    " ",
  );
  Deno.writeTextFileSync(dir.file("bin/queuectl"), `#!/bin/sh\nexec ${program} "$@"\n`, { mode: 0o755 });
  const script = [
    `mark() { code=$?; printf '${MARK}'; return $code; }`,
    `stty cols ${columns} rows 50 -onlcr`,
    ...commands.flatMap((command) => ["mark", command]),
    "mark",
  ];
  Deno.writeTextFileSync(dir.file("session.sh"), script.join("\n"));
  const { stdout } = await new Deno.Command("script", {
    args: ["-qefc", `sh '${dir.file("session.sh")}'`, "/dev/null"],
    env: {
      QUEUECTL_HOME: dir.home.dir,
      PATH: `${dir.file("bin")}:${Deno.env.get("PATH")}`,
      TERM: "xterm",
      LC_ALL: "C.UTF-8",
      NO_COLOR: "1",
      TZ: "UTC",
    },
    cwd: dir.file("work"),
    stdin: "null",
    stderr: "null",
  }).output();
  const printed = new TextDecoder().decode(stdout).split(MARK).slice(1, -1);
  if (printed.length !== commands.length) {
    throw new Error(`After ${printed.length} of ${commands.length} commands: ${printed.at(-1)}`);
  }
  return commands.map((command, index) => ({ command, printed: shown(printed[index]!).replace(/\n$/, "") }));
}

/** What a terminal shows in the end: of a line that was drawn over itself, the last. Without colours. */
function shown(printed: string): string {
  // deno-lint-ignore no-control-regex -- terminals are spoken to in control characters
  return printed.replace(/.*\r/g, "").replace(/\x1b\[[\d;]*[A-Za-z]/g, "");
}

/** A session as it is now: what was seen, but for what only differs from run to run, which stays as it was told. */
export function renewed(told: readonly Exchange[], seen: readonly Exchange[]): Exchange[] {
  return seen.map((now, index) => {
    const before = told[index];
    return before && comparable([before]) === comparable([now]) ? before : now;
  });
}

/** What differs from run to run, and what stands for it. */
const VARYING: readonly (readonly [what: RegExp, name: string])[] = [
  [/\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z| UTC| [A-Z]{3,4})?/g, "TIME"],
  [/(?<![\w.])\d+(\.\d+)?(ms|s|m|h|d)(\d+(s|m|h))*\b/g, "LONG"],
  [/\b(worker|supervisor)-[a-z0-9]{6}\b/g, "$1-ID"],
  [/\b(each|array)-[a-z0-9]{8}\b/g, "$1-ID"],
  [/\btoken=[\w-]+/g, "token=TOKEN"],
  [/[^\s"']*\/queuectl-test-[a-z0-9]+|\/home\/you/g, "~"],
  [/\b(now|LONG ago)\b/g, "AGO"],
  [/, its processes have yet to be stopped$/gm, ""], // it was asked for a moment ago
  [/[^\s]*…/g, "…"],
  [/ {2,}/g, "  "],
  [/ +$/gm, ""],
];

/** Exchanges without what differs from run to run. */
export function comparable(exchanges: readonly Exchange[]): string {
  return VARYING.reduce((text, [what, name]) => text.replaceAll(what, name), writeSession(exchanges));
}
