/**
 * @module
 * The completion script for fish. It asks the program only for what the store knows.
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
function __queuectl_ask
  type -q queuectl; or return
  set -l words (commandline -opc)
  set -l home
  if set -l at (contains -i -- --home $words)
    set home --home $words[(math $at + 1)]
  end
  set -l word (commandline -ct | string replace -r -- '^--[^=]*=' '')
  queuectl $home __complete $argv[1] -- "$word" 2>/dev/null </dev/null
end
complete -c queuectl -f
complete -c queuectl -n 'contains -- -- (commandline -opc)' -F
${places.flatMap(linesFor).join("\n")}`;
}

function linesFor({ at, words, flags, files, kind }: Place): string[] {
  const start = `complete -c queuectl -n ${quotedForFish(`__queuectl_at ${quotedForFish(at)}`)}`;
  return [
    ...(files ? [`${start} -F`] : []),
    ...(kind === undefined ? [] : [`${start} -kxa ${asking(kind)}`]),
    ...words.map(({ word, brief }) => `${start} -a ${quotedForFish(word)} -d ${quotedForFish(brief)}`),
    ...flags.map(({ word, short, brief, value }) =>
      [
        `${start}${short === undefined ? "" : ` -s ${short.slice(1)}`} -l ${word.slice("--".length)} -d ${
          quotedForFish(brief)
        }`,
        ...(value === null
          ? []
          : value.kind !== undefined
          ? [`-kxa ${asking(value.kind)}`]
          : value.choices.length === 0
          ? ["-rF"]
          : [`-xa ${quotedForFish(value.choices.join(" "))}`]),
      ].join(" ")
    ),
  ];
}

/** What the store knows, when it is asked for. */
function asking(kind: string): string {
  return quotedForFish(`(__queuectl_ask ${kind})`);
}

/** Within single quotes fish knows `\\'` and `\\\\`. */
function quotedForFish(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}
