/** Groups: how far each is. */
import { html } from "./lib.js";
import { useAnswer, withQuery } from "./api.js";
import { duration, number } from "./format.js";
import { Empty, Loading, Problem, Time } from "./parts.js";
import { Link, PageLinks } from "./router.js";

/** The colour of a group, by the state of a job that ended so. */
const COLOUR = { open: "processing", completed: "completed", failed: "dead", cancelled: "cancelled" };

/** How a group is, in its colour. */
export function GroupState({ state, sealed }) {
  return html`<span class=${`state ${COLOUR[state]}`}>${state}${
    state === "open" && !sealed ? ", not sealed" : ""
  }</span>`;
}

/** How many of its jobs have ended. */
export function Done({ total, open }) {
  return html`
    <span
      class="progress"><progress max=${Math.max(1, total)} value=${total -
        open} aria-label="Done"></progress> ${number(total - open)} of ${number(total)}</span>
  `;
}

export function Groups({ query }) {
  const { data: page, error, reload } = useAnswer(
    withQuery("/groups", { cursor: query.cursor, limit: 100 }),
  );
  if (!page) {
    return html`
      <h1>Groups</h1>
      <${Loading} ...${{ error, again: reload }} />
    `;
  }
  if (page.groups.length === 0 && !query.cursor) {
    return html`
      <h1>Groups</h1>
      <${Empty}>No groups. A group is there from the first job on that names it. <${Link} to="/enqueue">Enqueue one<//><//>
    `;
  }
  return html`
    <h1>Groups</h1>
    <${Problem} error=${error}/>
      <div class="panel scroll">
        <table class="cards">
          <thead>
            <tr>
              <th>Group</th>
              <th>State</th>
              <th>Done</th>
              <th class="right">Running</th>
              <th class="right">Dead</th>
              <th>Left</th>
              <th>Created</th>
            </tr>
          </thead>
          <tbody>${page.groups.map((group) =>
            html`
              <tr key=${group.name}>
                <td>
                  <${Link} to=${`/groups/${encodeURIComponent(group.name)}`}>${group.name}<//></td>
                <td><${GroupState} ...${group} /></td>
                <td><${Done} ...${group} /></td>
                <td class="right" data-label="running">${group.running > 0 && number(group.running)}</td>
                <td class="right" data-label="dead">${group.dead > 0 && number(group.dead)}</td>
                <td data-label="left">${group.time_left !== null && `about ${duration(group.time_left)}`}</td>
                <td data-label="created"><${Time} at=${group.created_at}/></td>
              </tr>
            `
          )}</tbody>
        </table>
      </div>
      <${PageLinks} cursor=${query.cursor} next=${page.cursor} />
  `;
}
