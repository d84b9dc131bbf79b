/**
 * @module
 * The completion script for zsh: to be evaluated, or put as `_queuectl` where `fpath` finds it.
 */
import { type Described, type Place, quoted, valuePlaces, wordsAt } from "./places.ts";

export function zshScript(places: readonly Place[]): string {
  const values = valuePlaces(places);
  return `#compdef queuectl
# Completion of queuectl for zsh. In ~/.zshrc, after compinit: eval "$(queuectl completions zsh)"
_queuectl() {
  local at= before=\${words[CURRENT-1]} i
  local -a found
  for ((i = 2; i < CURRENT; i++)); do
    if [[ "\${words[i]}" == -- ]]; then _files; return; fi
    case "$at \${words[i]}" in
      ${either(places.slice(1).map(({ at }) => at))}) at="$at \${words[i]}" ;;
    esac
  done
  if [[ "\${words[CURRENT]}" == --*=* ]]; then
    before=\${words[CURRENT]%%=*}
    compset -P '*='
  fi
  case "$at $before" in
${
    values.filter(({ choices }) => choices.length > 0).map(({ after, choices }) =>
      `    ${quoted(after)}) found=(${choices.map(quoted).join(" ")}) ;;`
    ).join("\n")
  }
    ${either(values.filter(({ choices }) => choices.length === 0).map(({ after }) => after))})
      _files
      return ;;
    *)
      case "$at" in
${
    places.map((place) => `        ${quoted(place.at)}) found=(${wordsAt(place).map(describe).join(" ")}) ;;`)
      .join("\n")
  }
      esac ;;
  esac
  _describe queuectl found
${filesAt(places)}}
if [[ "$funcstack[1]" = _queuectl ]]; then _queuectl "$@"; else compdef _queuectl queuectl; fi`;
}

function filesAt(places: readonly Place[]): string {
  const at = places.filter(({ files }) => files).map((place) => place.at);
  return at.length === 0 ? "" : `  case "$at" in
    ${either(at)}) _files ;;
  esac
`;
}

function either(patterns: readonly string[]): string {
  return patterns.map(quoted).join(" | ");
}

function describe({ word, brief }: Described): string {
  return quoted(`${word.replaceAll(":", "\\:")}:${brief}`);
}
