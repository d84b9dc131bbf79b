/** What the list of jobs is narrowed to: tabs by state, queues, labels and what else there is. All of it is in the address. */
import { html, useState } from "./lib.js";
import { call, useLive, withQuery } from "./api.js";
import { Combobox } from "./combobox.js";
import { number } from "./format.js";
import { addressWith, go, Link } from "./router.js";

/** By the names of the API; those of which there may be several are lists. */
const SINGLE = ["group", "unique_key", "error", "search", "exit_code"];
const SEVERAL = ["state", "queue", "label"];

const HOUR_MS = 3_600_000;
const AGES = [["", "at any time"], ["1", "in the last hour"], ["24", "in the last day"], [
  "168",
  "in the last week",
]];

/** The filter of an address, as the API takes it in a body; what is not asked for is left out. */
export function filterIn(params) {
  const filter = {};
  for (const name of SINGLE) if (params.get(name)) filter[name] = params.get(name);
  if (filter.exit_code) filter.exit_code = Number(filter.exit_code);
  for (const name of SEVERAL) {
    const values = params.getAll(name).filter((value) => value !== "");
    if (values.length > 0) filter[name] = values;
  }
  const hours = Number(params.get("hours"));
  // by the minute: the same list has the same address for as long
  if (hours > 0) {
    filter.since = new Date(Math.floor(Date.now() / 60_000) * 60_000 - hours * HOUR_MS).toISOString();
  }
  return filter;
}

const TABS = [
  ["", "All"],
  ["processing", "Running"],
  ["pending", "Waiting"],
  ["scheduled", "Scheduled"],
  ["blocked", "Blocked"],
  ["failed", "Failed"],
  ["dead", "Dead"],
  ["completed", "Completed"],
  ["cancelled", "Cancelled"],
  ["skipped", "Skipped"],
];

/** How many jobs of each state a filter finds, as far as that is known without looking for them. */
export function useCounts({ state: _, queue, ...others }) {
  const { status } = useLive();
  if (!status || Object.keys(others).length > 0) return null;
  if (!queue) return status.counts;
  const found = queue.map((wanted) => status.queues.find(({ name }) => name === wanted));
  if (found.some((one) => !one)) return null;
  return found.map(({ counts }) => counts).reduce((sum, counts) =>
    Object.fromEntries(Object.entries(sum).map(([state, n]) => [state, n + counts[state]]))
  );
}

/** How many jobs those are, of all states or of some. */
export function sumOf(counts, states = Object.keys(counts)) {
  return states.reduce((sum, state) => sum + (counts[state] ?? 0), 0);
}

/** A tab for every state. With the shift key, a state comes to those that are chosen, or is taken from them. */
export function Tabs({ filter, counts }) {
  const { state: chosen = [] } = filter;
  const choose = (state) => (event) => {
    if (!event.shiftKey || state === "" || event.metaKey || event.ctrlKey) return;
    event.preventDefault();
    const others = chosen.filter((one) => one !== state);
    go(addressWith({ state: others.length < chosen.length ? others : [...chosen, state], cursor: "" }));
  };
  return html`<nav class="tabs" aria-label="States">${
    TABS.map(([state, name]) =>
      html`
        <${Link} key=${name} to=${addressWith({ state, cursor: "" })} class=${state}
          title=${state === ""
            ? undefined
            : "With the shift key: as well as those chosen"} onClickCapture=${choose(state)}
          aria-current=${(state ? chosen.includes(state) : chosen.length === 0)
            ? "true"
            : undefined}>${name}${counts && html`
            <span class="n">${number(sumOf(counts, state ? [state] : undefined))}</span>
          `}<//>
      `
    )
  }</nav>`;
}

const TEXTS = [["error", "Error has"], ["group", "Group"], ["unique_key", "Key"]];

/** Everything else. Those that are rarely asked for are there when they are, or once somebody wants them. */
export function Filters({ filter, hours }) {
  const { status } = useLive();
  const used = TEXTS.filter(([name]) => filter[name] !== undefined);
  const [more, setMore] = useState(false);
  const set = (changes) => go(addressWith({ cursor: "", ...changes }));
  const queues = (text) =>
    Promise.resolve(
      (status?.queues ?? [])
        .filter(({ name }) => name.includes(text))
        .map(({ name, counts }) => ({ value: name, count: sumOf(counts, filter.state) })),
    );
  const labels = async (text) =>
    (await call("GET", withQuery("/labels", { prefix: text, limit: 20 }))).labels
      .map(({ label, count }) => ({ value: label, count }));
  return html`
    <${Combobox} label="Queue" chosen=${filter.queue ?? []} choose=${(queue) =>
      set({ queue })} options=${queues} />
    <${Combobox} label="Label" chosen=${filter.label ?? []} choose=${(label) =>
      set({ label })} options=${labels} />
    <label class=${hours ? "choice chosen" : "choice"}>Enqueued <select value=${hours} onChange=${(
      { target },
    ) => set({ hours: target.value })}>${AGES.map(([value, name]) =>
      html`<option key=${value} value=${value}>${name}</option>`
    )}</select></label>
    ${(more ? TEXTS : used).map(([name, label]) =>
      html`<${Text} key=${name} ...${{ name, label, value: filter[name] ?? "", set }} />`
    )}
    ${!more && used.length < TEXTS.length &&
      html`<button type="button" class="quiet" onClick=${() => setMore(true)}>more filters</button>`}
  `;
}

/** Text that is taken with Enter, or when the field is left. */
function Text({ name, label, value, set }) {
  return html`
    <label class=${value
      ? "choice chosen"
      : "choice"}>${label} <input key=${value} defaultValue=${value} size="10"
      onChange=${({ target }) => set({ [name]: target.value })} />${value && html`
        <button type="button" class="chip" aria-label=${`Without ${label}`}
          onClick=${() => set({ [name]: "" })}><span aria-hidden="true">✕</span></button>
      `}</label>
  `;
}
