/**
 * @module
 * The completion script for bash, 3.2 and later. It holds all it needs and starts no process.
 */
import { type Place, quoted, valuePlaces, wordsAt } from "./places.ts";

export function bashScript(places: readonly Place[]): string {
  const values = valuePlaces(places);
  return `# Completion of queuectl for bash. In ~/.bashrc: eval "$(queuectl completions bash)"
_queuectl() {
  local word=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD-1]} at= words= i
  # bash takes --flag=value for three words
  if [[ "$word" == "=" ]]; then word=; elif [[ "$before" == "=" ]]; then before=\${COMP_WORDS[COMP_CWORD-2]}; fi
  for ((i = 1; i < COMP_CWORD; i++)); do
    if [[ "\${COMP_WORDS[i]}" == -- ]]; then compopt -o default 2>/dev/null; return; fi
    case "$at \${COMP_WORDS[i]}" in
      ${either(places.slice(1).map(({ at }) => at))}) at="$at \${COMP_WORDS[i]}" ;;
    esac
  done
  case "$at $before" in
${
    values.filter(({ choices }) => choices.length > 0).map(({ after, choices }) =>
      `    ${quoted(after)}) words=${quoted(choices.join(" "))} ;;`
    ).join("\n")
  }
    ${either(values.filter(({ choices }) => choices.length === 0).map(({ after }) => after))})
      compopt -o default 2>/dev/null
      return ;;
    *)
      case "$at" in
${
    places.map((place) =>
      `        ${quoted(place.at)}) words=${quoted(wordsAt(place).map(({ word }) => word).join(" "))} ;;`
    ).join(
      "\n",
    )
  }
      esac
${filesAt(places)}  esac
  COMPREPLY=($(compgen -W "$words" -- "$word"))
}
complete -F _queuectl queuectl`;
}

/** Where files are offered when nothing else fits. */
function filesAt(places: readonly Place[]): string {
  const at = places.filter(({ files }) => files).map((place) => place.at);
  return at.length === 0 ? "      ;;\n" : `      case "$at" in
        ${either(at)}) compopt -o default 2>/dev/null ;;
      esac ;;
`;
}

function either(patterns: readonly string[]): string {
  return patterns.map(quoted).join(" | ");
}
