/** A table of jobs; columns are there when they are used, and the command takes what is left of the width. */
import { html } from "./lib.js";
import { visible } from "./format.js";
import { Progress, State, Time, Took } from "./parts.js";
import { addressWith, Link } from "./router.js";

/** Columns that some jobs have a value in; `by` is the order that an index has. */
const OPTIONAL = [
  { title: "Took", used: (job) => job.started_at, show: (job) => took(job), right: true },
  {
    title: "Tries",
    used: (job) => job.attempts > 0,
    show: (job) => `${job.attempts}/${job.max_retries + 1}`,
    right: true,
  },
  { title: "Queue", used: (job) => job.queue !== "default", show: (job) => job.queue },
  { title: "Group", used: (job) => job.group, show: (job) => job.group },
  { title: "Key", used: (job) => job.unique_key, show: (job) => visible(job.unique_key) },
  { title: "Label", used: (job) => job.label, show: (job) => visible(job.label) },
  {
    title: "Priority",
    used: (job) => job.priority !== 0,
    show: (job) => job.priority || null,
    right: true,
    by: "priority",
  },
  {
    title: "Progress",
    used: (job) => job.progress !== null || job.progress_text !== null,
    show: (job) => (job.progress !== null || job.progress_text !== null) && html`<${Progress} ...${job} />`,
  },
  { title: "Error", used: (job) => job.error, show: (job) => visible(job.error), wide: true },
];

/** How long the last attempt took, or takes so far. */
function took({ started_at: from, finished_at: to, state }) {
  if (!from || !to && state !== "processing") return null;
  return html`<${Took} ...${{ from, to: state === "processing" ? null : to }} />`;
}

/** What a job is sorted by: a link where the list can be sorted by it. */
function Head({ title, by, sort, right }) {
  const current = by !== undefined && (sort === by || title === "Job" && sort === "oldest");
  const next = title === "Job" ? (current && sort !== "oldest" ? "oldest" : "") : by;
  const order = !current ? undefined : sort === "newest" ? "descending" : "ascending";
  if (by === undefined || sort === undefined) return html`<th class=${right ? "right" : ""}>${title}</th>`;
  return html`
    <th class=${right ? "right" : ""} aria-sort=${order}>
      <${Link} to=${addressWith({ sort: next, cursor: "" })}
        title=${title === "Job"
          ? "by when they were enqueued"
          : "in the order in which they start"}>${title}${current && html`
          <span aria-hidden="true">${order === "descending" ? "▾" : "▴"}</span>
        `}<//></th>
  `;
}

/**
 * The table. With `selected` its rows can be chosen; `sort` is the order they are in, where they can be sorted; `gone` are
 * those that no longer belong here.
 */
export function JobTable({ jobs, selected, toggle, all, sort, gone = new Set() }) {
  const columns = OPTIONAL.filter(({ used, by }) => jobs.some(used) || by !== undefined && by === sort);
  return html`
    <div class="scroll">
      <table class="jobs cards">
        <thead>
          <tr>
          ${selected && html`<th class="check"><input type="checkbox" aria-label="Select all on this page"
            checked=${jobs.length > 0 && jobs.every(({ id }) => selected.has(id))}
            onChange=${({ target }) => all(target.checked)}/></th>`}
          <${Head} ...${{ title: "Job", by: "newest", sort }} /><th>State</th><th>When</th>${columns.map((
            column,
          ) => html`<${Head} key=${column.title} ...${{ ...column, sort }} />`)}<th>Command</th>
          </tr>
        </thead>
        <tbody>${jobs.map((job) =>
          html`<${Row} key=${job.id} ...${{
            job,
            columns,
            toggle,
            gone: gone.has(job.id),
            chosen: selected?.has(job.id),
          }} />`
        )}</tbody>
      </table>
    </div>
  `;
}

function Row({ job, columns, chosen, toggle, gone }) {
  return html`
    <tr data-id=${job.id} class=${gone ? "gone-row" : chosen ? "chosen" : ""}
      title=${gone ? "It has changed, and is no longer in this list" : undefined}>
        ${toggle &&
          html`<td class="check"><input type="checkbox" aria-label=${`Select ${job.id}`} checked=${chosen}
      onClick=${(event) => toggle(job.id, event.target.checked, event.shiftKey)}/></td>`}
        <td class="id"><${Link} to=${`/jobs/${encodeURIComponent(job.id)}`}>${job.id}<//></td>
        <td><${State} ...${job}/></td>
        <td class="nowrap"><${Time} at=${whenOf(job)}/></td>
        ${columns.map((column) => {
          const value = column.show(job);
          const title = column.wide && typeof value === "string" ? value : undefined;
          return html`
            <td key=${column.title} data-label=${column.title} title=${title}
              class=${`${column.right ? "right" : ""} ${column.wide ? "words" : ""}`}>${value}</td>
          `;
        })}
        <td class="command"><code title=${visible(job.command)}>${visible(job.command)}</code></td>
      </tr>
  `;
}

function whenOf(job) {
  if (job.state === "scheduled" || job.state === "failed") return job.run_at;
  return job.finished_at ?? job.started_at ?? job.created_at;
}
