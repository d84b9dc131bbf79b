/**
 * @module
 * The completion scripts at a real prompt: each shell on a terminal of its own, set up as the help says, with real
 * keystrokes. What the shell then runs says what was completed. Shells that are not installed are left out.
 * Slow, so `deno task test:quick` leaves it out.
 */
import assert from "node:assert/strict";
import { openStore } from "../../src/store/open.ts";
import { homeAt } from "../../src/system/home.ts";
import { bundledMain } from "../helpers/bundled.ts";
import { RUN_FLAGS } from "../helpers/cli.ts";
import { queuectl } from "../helpers/cli_within.ts";
import { succeeds } from "../helpers/finished.ts";
import { claim, death, enqueue, newSupervisor, settle } from "../helpers/jobs.ts";
import { type TempDir, tempDir } from "../helpers/temp.ts";
import { until } from "../helpers/until.ts";

/** How a shell is set up to greet with `ready` and to complete, and started. `home` is a fresh home directory. */
interface Shell {
  start: string;
  setUp(home: TempDir, script: string): void;
}

const PROMPT = "ready> ";

const SHELLS: Readonly<Record<string, Shell>> = {
  bash: {
    start: "bash -i",
    setUp: (home) => write(home, ".bashrc", `PS1='${PROMPT}'\neval "$(queuectl completions bash)"\n`),
  },
  zsh: {
    start: "zsh -i",
    setUp: (home) =>
      write(
        home,
        ".zshrc",
        `PS1='${PROMPT}'\nautoload -Uz compinit && compinit -u\neval "$(queuectl completions zsh)"\n`,
      ),
  },
  fish: {
    start: "fish -i",
    setUp: (home, script) => {
      write(home, ".config/fish/config.fish", `function fish_prompt; echo -n '${PROMPT}'; end\n`);
      write(home, ".config/fish/completions/queuectl.fish", script);
      // without this directory, fish makes it in the background, for as long as it takes to read all manual pages
      Deno.mkdirSync(home.file(".local/share/fish/generated_completions"), { recursive: true });
    },
  },
};

/** Stands in for the program: prints its completion script, says what the store knows, or prints the words it got. */
const STAND_IN = `#!/bin/sh
case "$*" in
  completions*) cat "$HOME/script" ;;
  *__complete*) exec ${
  [Deno.execPath(), ...RUN_FLAGS, await bundledMain()].map((word) => `'${word}'`).join(" ")
} "$@" ;;
  *) printf 'got:'; printf ' <%s>' "$@"; echo . ;;
esac
`;

/** What a shell must not run. */
const EVIL = "$(touch ran) \`touch ran\` ;touch ran #";

/** Jobs of the default home, most of them with what no shell may run. */
async function fill({ path }: TempDir): Promise<void> {
  const store = await openStore(homeAt(`${path}/.queuectl`));
  await enqueue(
    store,
    { id: "dead-one", command: EVIL },
    { id: "running-one", command: EVIL, label: "nightly" },
  );
  await store.register(newSupervisor("s"));
  const [dead] = await claim(store, "s", { count: 2 });
  await settle(store, "s", death(dead!.token));
  await enqueue(
    store,
    { id: "waiting-one", queue: "mail:in", label: `nigh${EVIL}`, command: EVIL },
    { id: "w:other", queue: "reports", held: true, label: "o'clock" },
  );
  store.close();
}

/** What is typed, and the words that the program gets. */
const CASES: readonly (readonly [typed: string, got: readonly string[]])[] = [
  ["queuectl wor\tli\t", ["worker", "list"]],
  ["queuectl list --state f\t", ["list", "--state", "failed"]],
  ["queuectl list --state=f\t", ["list", "--state=failed"]],
  ["queuectl prune --old\t2d", ["prune", "--older-than", "2d"]],
  ["queuectl backup here-i\t", ["backup", "here-it-is.db"]],
  ["queuectl enqueue --file here-i\t", ["enqueue", "--file", "here-it-is.db"]],
  ["queuectl cancel run\t", ["cancel", "running-one"]],
  ["queuectl cancel j9 wait\t", ["cancel", "j9", "waiting-one"]],
  ["queuectl retry d\t", ["retry", "dead-one"]],
  ["queuectl logs w:\t", ["logs", "w:other"]],
  ["queuectl release \t", ["release", "w:other"]],
  ["queuectl list --queue ma\t", ["list", "--queue", "mail:in"]],
  ["queuectl list --queue mail:\t", ["list", "--queue", "mail:in"]],
  ["queuectl list --queue=rep\t", ["list", "--queue=reports"]],
  ["queuectl worker start --queue reports,mail\t", ["worker", "start", "--queue", "reports,mail:in"]],
  ["queuectl queue pause re\t", ["queue", "pause", "reports"]],
  ["queuectl list --label ni\t", ["list", "--label", "nightly"]],
  ["queuectl worker stop --id s-\t", ["worker", "stop", "--id", "s-worker"]],
  ["queuectl --home elsewhere cancel run\t", ["--home", "elsewhere", "cancel", "run"]],
  ["queuectl enqueue -- cat here-i\t", ["enqueue", "--", "cat", "here-it-is.db"]],
];

function write(dir: TempDir, name: string, text: string, mode?: number): void {
  const path = dir.file(name);
  Deno.mkdirSync(path.slice(0, path.lastIndexOf("/")), { recursive: true });
  Deno.writeTextFileSync(path, text, { mode });
}

/** Only this one takes `-qefc COMMAND FILE`. */
const hasScript = succeeds("script", "-qefc", "true", "/dev/null");

for (const [name, { start, setUp }] of Object.entries(SHELLS)) {
  Deno.test(`${name} completes commands, values, files and what the store knows at a prompt`, {
    ignore: !hasScript || !succeeds(name, "-c", ":"),
  }, async () => {
    using dir = tempDir();
    const { stdout } = await queuectl(["completions", name], { home: dir.home.dir });
    write(dir, "script", stdout);
    write(dir, "bin/queuectl", STAND_IN, 0o755);
    write(dir, "work/here-it-is.db", "");
    await fill(dir);
    setUp(dir, stdout);
    const child = new Deno.Command("script", {
      args: ["-qefc", start, "/dev/null"],
      clearEnv: true,
      env: {
        HOME: dir.path,
        PATH: `${dir.file("bin")}:${Deno.env.get("PATH")}`,
        TERM: "xterm",
        LANG: "C.UTF-8",
      },
      cwd: dir.file("work"),
      stdin: "piped",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    let printed = "";
    const drained = (async () => {
      const text = new TextDecoder();
      for await (const bytes of child.stdout) printed += text.decode(bytes, { stream: true });
    })();
    const keyboard = child.stdin.getWriter();
    const type = (keys: string) => keyboard.write(new TextEncoder().encode(keys));
    try {
      await until("there is a prompt", () => printed.includes(PROMPT));
      for (const [typed, got] of CASES) {
        printed = "";
        await type(`${typed}\r`);
        const [, words] = await until(
          `it runs what "${typed}" came to`,
          () => /got:( <.*>)\.[^]*ready> /.exec(printed),
        );
        assert.throws(() => Deno.statSync(dir.file("work/ran")), Deno.errors.NotFound, "nothing was run");
        assert.equal(words, got.map((word) => ` <${word}>`).join(""), `${JSON.stringify(typed)}: ${printed}`);
      }
    } finally {
      await type("\x15exit\r").catch(() => {});
      await keyboard.close().catch(() => {});
      await drained;
      await child.status;
    }
  });
}
