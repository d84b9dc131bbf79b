/** Choosing one or several of what there is, by typing a part of it: a combobox with a list (ARIA 1.2). */
import { html, useEffect, useId, useRef, useState } from "./lib.js";
import { number, visible } from "./format.js";

/**
 * `options(text)` resolves with what there is, as `{ value, count }`, the best first. `chosen` are those that are chosen,
 * `choose(values)` is told of others. What is typed and is no option is taken as it is with Enter.
 */
export function Combobox({ label, chosen, choose, options }) {
  const id = useId();
  const [text, setText] = useState("");
  const [found, setFound] = useState(null);
  const [at, setAt] = useState(-1);
  const field = useRef();
  const open = found !== null;
  useEffect(() => {
    if (!open) return;
    let over = false;
    options(text).then(
      (all) => over || setFound(all.filter(({ value }) => !chosen.includes(value))),
      () => over || setFound([]),
    );
    return () => over = true;
  }, [text, open, chosen.join("\0")]);
  const close = () => {
    setFound(null);
    setAt(-1);
  };
  const take = (value) => {
    setText("");
    close();
    if (value !== "" && !chosen.includes(value)) choose([...chosen, value]);
  };
  const keys = {
    ArrowDown: () => open ? setAt(Math.min(at + 1, found.length - 1)) : setFound([]),
    ArrowUp: () => setAt(Math.max(at - 1, -1)),
    Enter: () => take(found?.[at]?.value ?? text.trim()),
    Escape: () => open ? close() : setText(""),
  };
  const onKeyDown = (event) => {
    if (event.key === "Backspace" && text === "" && chosen.length > 0) return choose(chosen.slice(0, -1));
    if (!keys[event.key]) return;
    event.preventDefault();
    keys[event.key]();
  };
  const remove = (value) => {
    choose(chosen.filter((one) => one !== value));
    field.current.focus();
  };
  return html`
    <div class=${chosen.length > 0 ? "choice chosen" : "choice"}>
      <label for=${`${id}-field`}>${label}</label>
      ${chosen.map((value) =>
        html`
          <button key=${value} type="button" class="chip" aria-label=${`Not ${value}`}
            onClick=${() => remove(value)}>${visible(value)} <span aria-hidden="true">✕</span></button>
        `
      )}
      <input id=${`${id}-field`} ref=${field} role="combobox" aria-expanded=${open} aria-controls=${`${id}-list`}
        aria-autocomplete="list" aria-activedescendant=${at >= 0
          ? `${id}-${at}`
          : undefined} autocomplete="off"
        placeholder=${chosen.length > 0 ? "" : "any"} size="6" value=${text}
        onInput=${({ target }) => {
          setText(target.value);
          setAt(-1);
          if (!open) setFound([]);
        }}
        onFocus=${() => setFound([])} onBlur=${close} onKeyDown=${onKeyDown} onClick=${() =>
          open || setFound([])} />
      <ul id=${`${id}-list`} role="listbox" aria-label=${label} hidden=${!open ||
        found.length === 0}>${(found ?? []).map(({ value, count }, n) =>
          html`
            <li key=${value} id=${`${id}-${n}`} role="option" aria-selected=${n === at}
              onPointerDown=${(event) => {
                event.preventDefault(); // the field keeps the focus
                take(value);
              }}><span>${visible(value)}</span>${count !== undefined && html`
                <span class="n">${number(count)}</span>
              `}</li>
          `
        )}</ul>
    </div>
  `;
}
