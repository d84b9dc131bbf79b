/**
 * @module
 * The completion scripts, in the shells they are for. Shells that are not installed are left out.
 */
import assert from "node:assert/strict";
import { queuectl } from "../helpers/cli_within.ts";
import { succeeds } from "../helpers/finished.ts";
import { tempDir } from "../helpers/temp.ts";

/** Sources the completion script for a shell, then runs `commands` in it. Returns the lines printed, sorted. */
async function completed(shell: string, commands: (script: string) => string): Promise<string[]> {
  using dir = tempDir();
  const { code, stdout } = await queuectl(["completions", shell], { home: dir.home.dir });
  assert.equal(code, 0);
  const script = dir.file("script");
  Deno.writeTextFileSync(script, stdout);
  const output = new Deno.Command(shell, {
    args: [...(shell === "zsh" ? ["-f"] : []), "-c", commands(script)],
    env: { HOME: dir.path, XDG_CONFIG_HOME: dir.path, XDG_DATA_HOME: dir.path },
  }).outputSync();
  const text = new TextDecoder();
  assert.equal(text.decode(output.stderr), "");
  return text.decode(output.stdout).split("\n").map((line) => line.split(/[\t:]/)[0]!).filter(Boolean).sort();
}

const CASES: readonly { words: string[]; gives: string[] }[] = [
  { words: ["queuectl", "conf"], gives: ["config"] },
  { words: ["queuectl", "config", "s"], gives: ["set", "show"] },
  { words: ["queuectl", "config", "get", "backoff_f"], gives: ["backoff_factor"] },
  { words: ["queuectl", "config", "set", "--id-format", "s"], gives: ["short"] },
  { words: ["queuectl", "prune", "--ol"], gives: ["--older-than"] },
  { words: ["queuectl", "--json", "completions", "f"], gives: ["fish"] },
];

for (const { words, gives } of CASES) {
  const typed = words.join(" ");

  Deno.test(`bash completes "${typed}"`, { ignore: !succeeds("bash", "-c", ":") }, async () => {
    const found = await completed("bash", (script) =>
      `source ${script}
       COMP_WORDS=(${words.join(" ")}) COMP_CWORD=${words.length - 1}
       complete -p queuectl >/dev/null && _queuectl && printf '%s\\n' "\${COMPREPLY[@]}"`);
    assert.deepEqual(found, gives);
  });

  Deno.test(`fish completes "${typed}"`, { ignore: !succeeds("fish", "-c", ":") }, async () => {
    const found = await completed("fish", (script) => `source ${script}; complete -C "${typed}"`);
    assert.deepEqual(found, gives);
  });

  // zsh completes only at a prompt; what it would choose from is what the function offers.
  Deno.test(`zsh offers "${gives[0]}" for "${typed}"`, { ignore: !succeeds("zsh", "-c", ":") }, async () => {
    const found = await completed("zsh", (script) =>
      `compdef() {}; _describe() { print -l -- $found }
       source ${script}
       words=(${words.join(" ")}) CURRENT=${words.length}
       _queuectl`);
    for (const word of gives) assert.ok(found.includes(word), found.join(" "));
  });
}

Deno.test("completions for a shell that is not known are refused", async () => {
  using dir = tempDir();
  const { code, stderr } = await queuectl(["completions", "tcsh"], { home: dir.home.dir });
  assert.deepEqual([code, stderr], [2, 'Cannot complete for "tcsh": it takes bash, zsh or fish\n']);
});
