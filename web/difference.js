/** What two attempts printed, line by line, as a terminal shows it: what is gone, and what is new. */
import { html, useEffect, useRef, useState } from "./lib.js";
import { diffLines } from "./diff.js";
import { Find } from "./find.js";
import { LogView } from "./log_view.js";
import { Rows } from "./log_rows.js";
import { call } from "./api.js";
import { FIELDS } from "./fields.js";
import { folded } from "./folds.js";
import { duration, number, secondsBetween, typed, visible } from "./format.js";
import { isNarrow } from "./columns.js";
import { Facts, Loading } from "./parts.js";
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

/** `before` is what it is compared with: an attempt of the same job, or the last one of another. */
export function Difference({ job, attempt, before }) {
  const { id } = job;
  const same = before.id === id;
  const [{ lines, error }, setState] = useState({ lines: null, error: null });
  const [other, setOther] = useState(null);
  const [fold, setFold] = useState(true);
  const [tries, setTries] = useState(0);
  const place = useRef();
  useEffect(() => {
    let over = false;
    let timer;
    const known = same ? null : call("GET", `/jobs/${encodeURIComponent(before.id)}`);
    Promise.all([linesOf(before.id, before.attempt), linesOf(id, attempt), known]).then(
      ([old, now, other]) => {
        if (over) return;
        setOther(other);
        setState({ lines: diffLines(old, now), error: null });
      },
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
  }, [id, attempt, before.id, before.attempt, tries]);
  const differs = lines?.some(({ kind }) => kind !== "same");
  useEffect(() => {
    if (!differs) return;
    const shown = fold ? folded(lines) : lines.map((line, n) => ({ ...line, n: n + 1 }));
    const screen = screenOf(shown);
    const parts = { screen, rows: new Rows(), find: new Find(screen, () => {}) };
    const view = new LogView(place.current, parts, { following() {}, select() {} });
    view.update();
    requestAnimationFrame(() =>
      view.showLine(Math.max(0, shown.findIndex(({ kind }) => kind === "gone" || kind === "new") - 3))
    );
    return () => view.dispose();
  }, [lines, fold]);
  if (!lines) return html`<${Loading} error=${error} again=${() => setTries(tries + 1)} />`;
  const count = (kind) => number(lines.filter((line) => line.kind === kind).length);
  const [from, to] = same
    ? [`attempt ${before.attempt}`, `attempt ${attempt}`]
    : [`job ${before.id}`, `attempt ${attempt} of this one`];
  return html`
    ${other && html`<${Changes} ...${{ other, job, attempt }} />`}
    <p class="log-same">${differs
      ? html`
        From ${from} to ${to}: ${count("gone")} lines gone, ${count("new")} new. <button
          type="button" aria-pressed=${fold} onClick=${() => setFold(!fold)}>Fold what is equal</button>
      `
      : `They printed the same: ${from} and ${to}.`}</p>
    ${differs && html`
      <div class="log-frame">
        <div class="log" ref=${place} tabindex="0" role="region"
          aria-label=${`Difference from ${from} to ${to}`}></div>
      </div>
    `}
  `;
}

/** What of two jobs is not the same, besides what they print. Values of variables are not shown: they may be secret. */
function Changes({ other, job, attempt }) {
  const ended = ({ history }, n) => history.find((one) => one.attempt === n) ?? history.at(-1);
  const [before, now] = [ended(other), ended(job, attempt)];
  const took = ({ started_at: from, finished_at: to }) => duration(secondsBetween(from, to));
  const rows = [
    ...FIELDS.filter(({ json }) => json !== null && !["id", "env", "run_at", "held"].includes(json)).map((
      { title, json },
    ) => [
      title,
      typed(other[json]),
      typed(job[json]),
    ]),
    ["Host", before?.host, now?.host],
    ["Took", before && took(before), now && took(now)],
  ].filter(([, old, now]) => old !== now);
  const env = (job) => job.env ?? {};
  const names = [...new Set([...Object.keys(env(other)), ...Object.keys(env(job))])]
    .filter((name) => env(other)[name] !== env(job)[name]);
  if (names.length > 0) rows.push(["Environment", "", names.join(", ")]);
  return html`<${Facts} rows=${
    rows.map(([name, old, now]) => [
      name,
      html`<code>${visible(old) || "–"}</code> → <code>${visible(now) || "–"}</code>`,
    ])
  }/>`;
}

/** As what a log view shows. */
function screenOf(lines) {
  const shown = lines.map(({ kind, text, folded }) => {
    const signed = folded ? `${number(folded)} equal lines` : SIGN[kind] + text;
    return {
      ...{ text: signed, width: signed.length, narrow: isNarrow(signed), runs: null, at: null, version: 0 },
      ...{ kind, isGap: folded !== undefined },
    };
  });
  return {
    ...{ lines: shown, top: shown.length, gaps: [], takeChanged: () => 0 },
    numberOf: (line) => lines[line].n,
  };
}
