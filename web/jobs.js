/** The table of jobs: filtered, searched, selected, changed in bulk. */
import { html, useEffect, useState } from "./lib.js";
import { call, useAnswer, withQuery } from "./api.js";
import { jobs as count, number, visible } from "./format.js";
import {
  Action,
  ask,
  attempt,
  Empty,
  Problem,
  Progress,
  State,
  STATES,
  Time,
  withoutWorker,
} from "./parts.js";
import { addressWith, go, Link, wish } from "./router.js";

const FILTERS = ["state", "queue", "group", "unique_key", "label", "search", "error"];

export function Jobs({ query }) {
  const filter = Object.fromEntries(FILTERS.map((name) => [name, query[name] ?? ""]));
  const filtered = FILTERS.some((name) => filter[name] !== "");
  const answer = useAnswer(
    withQuery("/jobs", { ...filter, sort: query.sort, cursor: query.cursor, limit: 50 }),
  );
  const [selected, setSelected] = useState(new Set());
  const page = answer.data;
  const ids = page?.jobs.map(({ id }) => id) ?? [];
  const chosen = ids.filter((id) => selected.has(id));
  useEffect(() => setSelected(new Set()), [location.search]);
  const toggle = (id, on) => {
    const next = new Set(selected);
    next[on ? "add" : "delete"](id);
    setSelected(next);
  };
  return html`
    <h1>Jobs</h1>
    <${Filters} ...${{ filter, sort: query.sort ?? "" }} />
    <${Bulk} ...${{
      chosen,
      filter,
      filtered,
      done: () => {
        setSelected(new Set());
        answer.reload();
      },
    }} />
    <${Problem} error=${answer.error}/>
    ${page &&
      (page.jobs.length === 0
        ? html`<${Empty}>${
          filtered
            ? html`No job matches. <${Link} to="/jobs">Show all<//>`
            : html`No jobs yet. <${Link} to="/enqueue">Enqueue one<//>`
        }<//>`
        : html`
          <${JobTable} jobs=${page.jobs} ...${{
            selected,
            toggle,
            all: (on) => setSelected(new Set(on ? ids : [])),
          }} />
        `)}
    ${page && html`<nav class="pages" aria-label="Pages">
      ${query.cursor && html`<${Link} to=${addressWith({ cursor: "" })}>First page<//>`}
      ${page.cursor && html`<${Link} to=${addressWith({ cursor: page.cursor })}>Next page<//>`}
    </nav>`}
  `;
}

function Filters({ filter, sort }) {
  const set = (changes) => go(addressWith({ cursor: "", ...changes }), { replace: true });
  const [search, setSearch] = useState(filter.search);
  useEffect(() => {
    if (wish.search) document.getElementById("search").focus();
    wish.search = false;
  }, []);
  useEffect(() => setSearch(filter.search), [filter.search]);
  useEffect(() => {
    if (search === filter.search) return;
    const timer = setTimeout(() => set({ search }), 250);
    return () => clearTimeout(timer);
  }, [search]);
  return html`
    <form class="filters" role="search" onSubmit=${(event) => event.preventDefault()}>
      <label>State <select value=${filter.state} onChange=${({ target }) => set({ state: target.value })}>
          <option value="">all</option>${STATES.map((state) =>
            html`<option key=${state} value=${state}>${state}</option>`
          )}
        </select></label>
      <label>Queue <input key=${filter.queue} defaultValue=${filter.queue} size="10" onChange=${(
        { target },
      ) => set({ queue: target.value })}/></label>
      <label>Group <input key=${filter.group} defaultValue=${filter.group} size="10" onChange=${(
        { target },
      ) => set({ group: target.value })}/></label>
      <label>Key <input key=${filter.unique_key} defaultValue=${filter.unique_key} size="10" onChange=${(
        { target },
      ) => set({ unique_key: target.value })}/></label>
      <label>Label <input key=${filter.label} defaultValue=${filter.label} size="10" onChange=${(
        { target },
      ) => set({ label: target.value })}/></label>
      <label>Error <input key=${filter.error} defaultValue=${filter.error} size="10" onChange=${(
        { target },
      ) => set({ error: target.value })}/></label>
      <label>Search <input type="search" id="search" value=${search} onInput=${({ target }) =>
        setSearch(target.value)}/></label>
      <label>Order <select value=${sort} onChange=${({ target }) => set({ sort: target.value })}>
          <option value="">newest first</option><option value="oldest">oldest first</option><option value="priority">by priority</option>
        </select></label>
    </form>
  `;
}

const ACTIONS = [
  { name: "retry", verb: "Retry", past: "Queued again" },
  { name: "cancel", verb: "Cancel", past: "Cancelled", danger: true },
  { name: "delete", verb: "Delete", past: "Deleted", danger: true },
  { name: "hold", verb: "Hold", past: "Held" },
  { name: "release", verb: "Release", past: "Released" },
  { name: "pause", verb: "Pause", past: "Paused" },
  { name: "resume", verb: "Resume", past: "Resumed" },
];

/** Changes what is selected or, when nothing is, all that the filter finds; then it counts and asks first. */
function Bulk({ chosen, filter, filtered, done }) {
  if (chosen.length === 0 && !filtered) return null;
  const run = async ({ name, verb, past, danger }) => {
    const some = Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== ""));
    const found = chosen.length > 0
      ? { count: chosen.length }
      : await call("GET", withQuery("/bulk/count", { ...some, action: name })).catch(() => null);
    if (!found) return;
    const all = count(found.count);
    if ((danger || chosen.length === 0) && !await ask(`${verb} ${all}?`, { yes: `${verb} ${all}` })) return;
    const body = chosen.length > 0 ? { ids: chosen } : { filter: some };
    const said = ({ done, passed_over: passed, held, skipped, without_worker: alone }) =>
      `${past}: ${count(done)}${alone ? `; ${withoutWorker(alone, "running ones")}` : ""}${
        held ? `; ${number(held)} held until released` : ""
      }${skipped ? `; ${number(skipped)} skipped, since what they need can no longer come` : ""}${
        passed > 0 ? `; ${number(passed)} passed over, their state does not allow it` : ""
      }`;
    if (await attempt(() => call("POST", `/bulk/${name}`, body), said)) done();
  };
  return html`<div class="bulk" role="group" aria-label="Actions">
    <span>${chosen.length > 0 ? `${count(chosen.length)} selected` : "All that match"}</span>
    ${
    ACTIONS.map((action) =>
      html`<${Action} key=${action.name} kind=${action.danger ? "danger" : ""} run=${() =>
        run(action)}>${action.verb}<//>`
    )
  }
  </div>`;
}

/** Columns that some jobs have a value in. */
const OPTIONAL = [
  { title: "Queue", used: (job) => job.queue !== "default", show: (job) => job.queue },
  { title: "Group", used: (job) => job.group, show: (job) => job.group },
  { title: "Key", used: (job) => job.unique_key, show: (job) => visible(job.unique_key) },
  { title: "Label", used: (job) => job.label, show: (job) => visible(job.label) },
  { title: "Priority", used: (job) => job.priority !== 0, show: (job) => job.priority, right: true },
  {
    title: "Tries",
    used: (job) => job.attempts > 0,
    show: (job) => `${job.attempts}/${job.max_retries + 1}`,
    right: true,
  },
  {
    title: "Progress",
    used: (job) => job.progress !== null || job.progress_text !== null,
    show: (job) =>
      html`
        <${Progress} ...${job} />
      `,
  },
  { title: "Error", used: (job) => job.error, show: (job) => visible(job.error) },
];

/** A table of jobs; columns appear when they are used. */
export function JobTable({ jobs, selected, toggle, all }) {
  const columns = OPTIONAL.filter(({ used }) => jobs.some(used));
  const right = (column) => column.right ? "right" : "";
  return html`
    <div class="scroll">
      <table class="jobs">
        <thead>
          <tr>
          ${selected && html`<th class="check"><input type="checkbox" aria-label="Select all on this page"
        checked=${jobs.every(({ id }) => selected.has(id))} onChange=${({ target }) =>
            all(target.checked)}/></th>`}
          <th>Job</th><th>State</th><th>When</th>${columns.map((column) =>
            html`<th key=${column.title} class=${right(column)}>${column.title}</th>`
          )}<th>Command</th>
        </tr>
        </thead>
        <tbody>${jobs.map((job) =>
          html`<tr key=${job.id}>
      ${
            selected &&
            html`<td class="check"><input type="checkbox" aria-label=${`Select ${job.id}`} checked=${
              selected.has(job.id)
            }
        onChange=${({ target }) => toggle(job.id, target.checked)}/></td>`
          }
      <td><${Link} to=${`/jobs/${encodeURIComponent(job.id)}`}>${job.id}<//></td>
      <td><${State} ...${job}/></td>
      <td><${Time} at=${whenOf(job)}/></td>
      ${
            columns.map((column) =>
              html`<td key=${column.title} class=${right(column)}>${column.show(job)}</td>`
            )
          }
      <td><code class="command">${visible(job.command)}</code></td>
    </tr>`
        )}</tbody>
      </table>
    </div>
  `;
}

function whenOf(job) {
  if (job.state === "scheduled" || job.state === "failed") return job.run_at;
  return job.finished_at ?? job.started_at ?? job.created_at;
}
