/** A stretch of a line as elements: in its colours, with its links, and with what was found in it marked. */
import { lookOf } from "./ansi.js";

/** Puts a line's text from one place to another into an element. `found` is as `Find` gives it; `now` is the one pointed at. */
export function paint(place, { text, runs }, { from, to, found, now }) {
  if (!runs && found.length === 0) {
    place.textContent = text.slice(from, to);
    return;
  }
  let run = runs ? firstRunBehind(runs, from) : 0;
  let hit = 0;
  for (let at = from; at < to;) {
    while (runs && runs[run] <= at) run += 2;
    while (found[hit] && found[hit].to <= at) hit += 1;
    const style = runs?.[run + 1] ?? null;
    const isHit = found[hit] && found[hit].from <= at;
    const end = Math.min(to, runs?.[run] ?? to, found[hit] ? (isHit ? found[hit].to : found[hit].from) : to);
    let node = document.createTextNode(text.slice(at, end));
    if (style) node = styled(node, style);
    if (isHit) {
      const mark = document.createElement("mark");
      mark.className = found[hit].n === now ? "now" : "";
      mark.append(node);
      node = mark;
    }
    place.append(node);
    at = end;
  }
}

function styled(node, style) {
  const made = document.createElement(style.href ? "a" : "span");
  if (style.href) {
    made.href = style.href;
    made.rel = "noopener noreferrer";
    made.target = "_blank";
  }
  const { front, back } = lookOf(style);
  if (front) made.style.color = front;
  if (back) made.style.backgroundColor = back;
  if (style.bold) made.style.fontWeight = "700";
  if (style.italic) made.style.fontStyle = "italic";
  const lines = [style.underline && "underline", style.strike && "line-through", style.overline && "overline"]
    .filter(Boolean);
  if (lines.length > 0) made.style.textDecorationLine = lines.join(" ");
  made.append(node);
  return made;
}

function firstRunBehind(runs, at) {
  let [low, high] = [0, runs.length / 2];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (runs[middle * 2] <= at) low = middle + 1;
    else high = middle;
  }
  return low * 2;
}
