/**
 * @module
 * `queuectl completions`: prints a script that lets a shell complete commands, flags and their values.
 */
import { defineCommand, type Target } from "../line/command.ts";

const SHELLS = {
  bash: async () => (await import("./completion/bash.ts")).bashScript,
  zsh: async () => (await import("./completion/zsh.ts")).zshScript,
  fish: async () => (await import("./completion/fish.ts")).fishScript,
} as const;

export const command: Target = defineCommand({
  brief: "Print a completion script for your shell",
  examples: [
    ["completions bash", 'the script; in ~/.bashrc: eval "$(queuectl completions bash)"'],
    ["completions zsh", 'in ~/.zshrc, after compinit: eval "$(queuectl completions zsh)"'],
    ["completions fish", "to be saved as ~/.config/fish/completions/queuectl.fish"],
  ],
  words: { placeholder: "SHELL", brief: "the shell", min: 1, max: 1, choices: Object.keys(SHELLS) },
  async run(context, _flags, [shell]) {
    const { BadInput } = await import("../../domain/errors.ts");
    if (!Object.hasOwn(SHELLS, shell!)) {
      throw new BadInput(`Cannot complete for "${shell}": it takes bash, zsh or fish`);
    }
    const [script, { placesIn }, { loadWholeTree }] = await Promise.all([
      SHELLS[shell as keyof typeof SHELLS](),
      import("./completion/places.ts"),
      import("../line/tree.ts"),
    ]);
    const text = script(placesIn(await loadWholeTree()));
    context.print.result({ shell, script: text }, () => text);
  },
});
