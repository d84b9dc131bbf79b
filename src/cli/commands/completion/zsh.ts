/**
 * @module
 * The completion script for zsh: to be evaluated, or put as `_queuectl` where `fpath` finds it. It asks the program only
 * for what the store knows.
 */
import { byKind, type Described, type Place, quoted, valuePlaces, wordsAt } from "./places.ts";

export function zshScript(places: readonly Place[]): string {
  const { chosen, asked, free } = valuePlaces(places);
  return `#compdef queuectl
# Completion of queuectl for zsh. In ~/.zshrc, after compinit: eval "$(queuectl completions zsh)"
_queuectl_ask() { # KIND: what the store knows, in its order
  local line
  for line in "\${(@f)$(queuectl "\${home[@]}" __complete $1 -- "\${(Q)PREFIX-}" 2>/dev/null </dev/null)}"; do
    if [[ -n "$line" ]]; then found+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}"); fi
  done
  (( \${#found} )) && _describe -V queuectl found
}
_queuectl() {
  local at= before=\${words[CURRENT-1]} i
  local -a found home
  for ((i = 2; i < CURRENT; i++)); do
    if [[ "\${words[i]}" == -- ]]; then _files; return; fi
    if [[ "\${words[i]}" == --home ]]; then home=(--home "\${\${(Q)words[i+1]}/#\\~\\//$HOME/}"); fi
    if [[ "\${words[i]}" == --home=* ]]; then home=(--home "\${\${(Q)words[i]#*=}/#\\~\\//$HOME/}"); fi
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
    chosen.map(({ after, choices }) => `    ${quoted(after)}) found=(${choices.map(quoted).join(" ")}) ;;`)
      .join("\n")
  }
${asked.map(([kind, after]) => `    ${either(after)}) _queuectl_ask ${kind}; return ;;`).join("\n")}
    ${either(free.map(({ after }) => after))})
      _files
      return ;;
    *)
      if [[ "\${words[CURRENT]}" != -* ]]; then
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
