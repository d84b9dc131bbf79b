/**
 * @module
 * The completion script for fish.
 */
import type { Place } from "./places.ts";

export function fishScript(places: readonly Place[]): string {
  return `# Completion of queuectl for fish: queuectl completions fish > ~/.config/fish/completions/queuectl.fish
function __queuectl_at
  set -l at ''
  set -l words (commandline -opc)
  set -e words[1]
  for word in $words
    if contains -- "$at $word" ${places.slice(1).map(({ at }) => quotedForFish(at)).join(" ")}
      set at "$at $word"
    end
  end
  test "$at" = "$argv[1]"
end
complete -c queuectl -f
complete -c queuectl -n 'contains -- -- (commandline -opc)' -F
${places.flatMap(linesFor).join("\n")}`;
}

function linesFor({ at, words, flags, files }: Place): string[] {
  const start = `complete -c queuectl -n ${quotedForFish(`__queuectl_at ${quotedForFish(at)}`)}`;
  return [
    ...(files ? [`${start} -F`] : []),
    ...words.map(({ word, brief }) => `${start} -a ${quotedForFish(word)} -d ${quotedForFish(brief)}`),
    ...flags.map(({ word, short, brief, value }) =>
      [
        `${start}${short === undefined ? "" : ` -s ${short.slice(1)}`} -l ${word.slice("--".length)} -d ${
          quotedForFish(brief)
        }`,
        ...(value === null
          ? []
          : value.choices.length === 0
          ? ["-rF"]
          : [`-xa ${quotedForFish(value.choices.join(" "))}`]),
      ].join(" ")
    ),
  ];
}

/** Within single quotes fish knows `\\'` and `\\\\`. */
function quotedForFish(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}
