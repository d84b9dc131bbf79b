/** The field that finds text in output: Enter goes to the next place, Shift+Enter to the one before. */
import { html, useEffect, useState } from "./lib.js";
import { number } from "./format.js";

export function FindBar({ field, count, busy, most, log }) {
  const [text, setText] = useState("");
  const [now, setNow] = useState(null);
  // what has been found may have become less, or more, since this was drawn
  const to = (next) => {
    const { find, view } = log.current;
    const there = next === null || find.count === 0 ? null : Math.min(next, find.count - 1);
    setNow(there);
    view.point(there);
  };
  // the first place found at or below what can be seen is gone to, once there is one
  useEffect(() => {
    if (text === "" || count === 0) {
      if (now !== null) to(null);
    } else if (now === null) {
      to(log.current.find.firstFrom(log.current.view.firstVisible) % log.current.find.count);
    } else if (now >= count) to(count - 1);
  }, [text, count]);
  const onInput = ({ target }) => {
    setNow(null);
    setText(target.value);
    log.current.view.point(null);
    log.current.find.search(target.value);
  };
  const onKeyDown = (event) => {
    if (event.key === "Enter" && count > 0) {
      event.preventDefault();
      step(event.shiftKey ? -1 : 1);
    } else if (event.key === "Escape" && text !== "") {
      event.stopPropagation();
      event.target.value = "";
      onInput(event);
    }
  };
  const step = (by) => to(((now ?? -1) + by + count) % count);
  const said = text === ""
    ? ""
    : count === 0
    ? (busy ? "…" : "none")
    : `${number((now ?? 0) + 1)} of ${number(count)}${count >= most ? "+" : busy ? "…" : ""}`;
  return html`
    <div class="log-find" role="search">
      <input type="search" ref=${field} aria-label="Find" placeholder="Find in output" onInput=${onInput}
        onKeyDown=${onKeyDown}/>
      <span class="log-count" role="status">${said}</span>
      <button type="button" aria-label="Previous" disabled=${count === 0} onClick=${() => step(-1)}>↑</button>
      <button type="button" aria-label="Next" disabled=${count === 0} onClick=${() => step(1)}>↓</button>
    </div>
  `;
}
