/** What two attempts printed, line by line, as a terminal shows it: what is gone, and what is new. */
import { html, useEffect, useRef, useState } from "./lib.js";
import { diffLines } from "./diff.js";
import { Find } from "./find.js";
import { LogView } from "./log_view.js";
import { Rows } from "./log_rows.js";
import { number } from "./format.js";
import { isNarrow } from "./columns.js";
import { Loading } from "./parts.js";
import { addressOfOutput } from "./output_stream.js";
import { Screen } from "./screen.js";
import { Terminal } from "./terminal.js";

const AGAIN_MS = 3000;
const SIGN = { same: "  ", gone: "- ", new: "+ " };

async function linesOf(id, attempt) {
  const response = await fetch(addressOfOutput(id, attempt));
  if (!response.ok) {
    throw new Error(
      (await response.json().catch(() => ({}))).detail ?? `The server answered ${response.status}`,
    );
  }
  const screen = new Screen();
  new Terminal(screen).write(await response.text());
  return screen.lines.map(({ text }) => text.trimEnd());
}

export function Difference({ id, attempt, other }) {
  const [{ lines, error }, setState] = useState({ lines: null, error: null });
  const [tries, setTries] = useState(0);
  const place = useRef();
  useEffect(() => {
    let over = false;
    let timer;
    Promise.all([linesOf(id, other), linesOf(id, attempt)]).then(
      ([before, after]) => over || setState({ lines: diffLines(before, after), error: null }),
      ({ message }) => {
        if (over) return;
        setState({ lines: null, error: message });
        timer = setTimeout(() => setTries(tries + 1), AGAIN_MS);
      },
    );
    return () => {
      over = true;
      clearTimeout(timer);
    };
  }, [id, attempt, other, tries]);
  const differs = lines?.some(({ kind }) => kind !== "same");
  useEffect(() => {
    if (!differs) return;
    const screen = screenOf(lines);
    const parts = { screen, rows: new Rows(), find: new Find(screen, () => {}) };
    const view = new LogView(place.current, parts, { following() {}, select() {} });
    view.update();
    requestAnimationFrame(() =>
      view.showLine(Math.max(0, lines.findIndex(({ kind }) => kind !== "same") - 3))
    );
    return () => view.dispose();
  }, [lines]);
  if (!lines) return html`<${Loading} error=${error} again=${() => setTries(tries + 1)} />`;
  if (!differs) return html`<p class="log-same">Attempts ${other} and ${attempt} printed the same.</p>`;
  const count = (kind) => number(lines.filter((line) => line.kind === kind).length);
  return html`
    <p
      class="log-same">From attempt ${other} to attempt ${attempt}: ${count("gone")} lines gone, ${count(
        "new",
      )} new.</p>
    <div class="log-frame">
      <div class="log" ref=${place} tabindex="0" role="region"
        aria-label=${`Difference from attempt ${other} to ${attempt}`}></div>
    </div>
  `;
}

/** As what a log view shows. */
function screenOf(lines) {
  const shown = lines.map(({ kind, text }) => {
    const signed = SIGN[kind] + text;
    return {
      text: signed,
      width: signed.length,
      narrow: isNarrow(signed),
      runs: null,
      at: null,
      version: 0,
      kind,
    };
  });
  return { lines: shown, top: shown.length, gaps: [], numberOf: (line) => line + 1, takeChanged: () => 0 };
}
