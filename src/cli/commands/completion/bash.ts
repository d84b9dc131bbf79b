/**
 * @module
 * The completion script for bash, 3.2 and later. It asks the program only for what the store knows.
 */
import { byKind, type Place, quoted, valuePlaces, wordsAt } from "./places.ts";

export function bashScript(places: readonly Place[]): string {
  const { chosen, asked, free } = valuePlaces(places);
  return `# Completion of queuectl for bash. In ~/.bashrc: eval "$(queuectl completions bash)"
_queuectl_ask() { # KIND: what the store knows; not by compgen -W, which runs what stands in words
  local line
  COMPREPLY=()
  while IFS= read -r line; do
    line=\${line%%$'\\t'*}
    COMPREPLY+=("\${line#"\${full%"$word"}"}")
  done < <(queuectl \${home[@]+"\${home[@]}"} __complete "$1" -- "$full" 2>/dev/null </dev/null)
  [[ \${#COMPREPLY[@]} -gt 0 ]]
}
_queuectl() {
  local word=\${COMP_WORDS[COMP_CWORD]} full=\${COMP_WORDS[COMP_CWORD]} before at= words= i
  local -a home=()
  # bash takes a:b, and --flag=value, for three words
  for ((i = COMP_CWORD; i > 1; i--)); do
    [[ "\${COMP_WORDS[i]}" == : || "\${COMP_WORDS[i-1]}" == : ]] || break
    full=\${COMP_WORDS[i-1]}$full
  done
  before=\${COMP_WORDS[i-1]}
  if [[ "$word" == "=" ]]; then word= full=; elif [[ "$before" == "=" ]]; then before=\${COMP_WORDS[i-2]}; fi
  if [[ "$word" == : ]]; then word=; fi
  for ((i = 1; i < COMP_CWORD; i++)); do
    if [[ "\${COMP_WORDS[i]}" == -- ]]; then compopt -o default 2>/dev/null; return; fi
    if [[ "\${COMP_WORDS[i]}" == --home ]]; then
      home=(--home "\${COMP_WORDS[i+1]}")
      if [[ "\${home[1]}" == "=" ]]; then home[1]=\${COMP_WORDS[i+2]}; fi
      home[1]=\${home[1]/#\\~\\//$HOME/}
    fi
    case "$at \${COMP_WORDS[i]}" in
      ${either(places.slice(1).map(({ at }) => at))}) at="$at \${COMP_WORDS[i]}" ;;
    esac
  done
  case "$at $before" in
${
    chosen.map(({ after, choices }) => `    ${quoted(after)}) words=${quoted(choices.join(" "))} ;;`).join(
      "\n",
    )
  }
${asked.map(([kind, after]) => `    ${either(after)}) _queuectl_ask ${kind}; return ;;`).join("\n")}
    ${either(free.map(({ after }) => after))})
      compopt -o default 2>/dev/null
      return ;;
    *)
      if [[ "$word" != -* ]]; then
        case "$at" in
${
    byKind(places).map(([kind, at]) => `          ${either(at)}) _queuectl_ask ${kind} && return ;;`).join(
      "\n",
    )
  }
        esac
      fi
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
