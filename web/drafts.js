/**
 * What is typed and not sent yet. It is kept for the tab, whatever happens to the page: what the server says anew, a
 * restart of the server, a login, another page, a reload.
 */
import { useState } from "./lib.js";

const PREFIX = "draft ";

function kept(name) {
  try {
    return JSON.parse(sessionStorage.getItem(PREFIX + name));
  } catch {
    return null; // a browser may be told to keep nothing
  }
}

function keep(name, value) {
  try {
    if (value === null) sessionStorage.removeItem(PREFIX + name);
    else sessionStorage.setItem(PREFIX + name, JSON.stringify(value));
  } catch {
    // as above
  }
}

/** A value as JSON has it that stays until it is sent: the value, how to set it, and how to let go of it. */
export function useDraft(name, initial) {
  const [state, setState] = useState(() => ({ name, value: kept(name) }));
  const value = (state.name === name ? state.value : kept(name)) ?? initial;
  const set = (value) => {
    keep(name, value);
    setState({ name, value });
  };
  return [value, set, () => set(null)];
}

/**
 * A field that shows what the server says until somebody types; then what is typed stays, and it says when the server's
 * value has become another. `draft` is its name among all that is typed; `said` is the server's value.
 */
export function useTyped(draft, said) {
  const [typed, set, forget] = useDraft(draft, null);
  return {
    value: typed?.text ?? said,
    typed: typed !== null,
    changed: typed !== null && typed.said !== said ? said : null,
    onInput: ({ target }) => set({ text: target.value, said: typed?.said ?? said }),
    forget,
  };
}
