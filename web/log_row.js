/** One row of a log: the number of its line, when that was printed, and the part of its text that stands there. */
import { clockTime, number } from "./format.js";
import { paint } from "./paint.js";

/**
 * Makes an element that row. `name` is the number of its line where it is the first row of it, else null; `range` is from
 * where to where its text goes, null where a button stands for the rest of a line.
 */
export function drawRow(one, line, { n, name, range, found, now, times, selected }) {
  const stream = line.stream === "stderr" ? " err" : "";
  one.className = `row${line.isGap ? " gap" : ""}${selected ? " selected" : ""}${stream}${
    line.kind ? ` ${line.kind}` : ""
  }`;
  if (line.isGap) {
    one.textContent = line.text;
    return;
  }
  // the head stays the same element: it may have the focus
  const tag = name === null ? "SPAN" : "A";
  const head = one.firstChild?.tagName === tag ? one.firstChild : element(tag, "ln");
  if (name !== null) nameHead(head, n, name);
  if (one.firstChild !== head) one.replaceChildren(head);
  while (head.nextSibling) head.nextSibling.remove();
  if (times) one.append(textElement("t", name === null ? "" : clockTime(line.at)));
  if (range) {
    const text = element("span", "x");
    paint(text, line, { from: range[0], to: range[1], found, now });
    one.append(text);
  } else one.append(moreOf(line, n));
}

function moreOf({ text }, n) {
  const place = element("span", "x");
  const more = place.appendChild(element("button", "more"));
  more.type = "button";
  more.dataset.line = n;
  more.textContent = `Show all ${number(text.length)} characters of this line`;
  return place;
}

/** The number of a line, as a link to it. */
function nameHead(head, n, number) {
  if (head.dataset.line === String(n) && head.dataset.n === String(number)) return;
  head.href = `#L${number}`;
  head.dataset.n = number;
  head.dataset.line = n;
  head.setAttribute("aria-label", `Line ${number}`);
  head.tabIndex = -1;
}

function textElement(className, text) {
  const made = element("span", className);
  made.textContent = text;
  return made;
}

export function element(name, className) {
  const made = document.createElement(name);
  made.className = className;
  return made;
}
