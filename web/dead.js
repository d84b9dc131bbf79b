/** The dead letter queue: dead jobs by what they died of. */
import { html } from "./lib.js";
import { call, useAnswer, withQuery } from "./api.js";
import { Spark } from "./chart.js";
import { jobs as count, number, visible } from "./format.js";
import { JobTable } from "./job_table.js";
import { Action, ask, attempt, Empty, Problem, Time } from "./parts.js";
import { addressWith, Link, PageLinks } from "./router.js";
import { changeGroup, DELETE, RETRY } from "./troubles.js";

export function Dead({ query }) {
  const groups = useAnswer(withQuery("/dlq/groups", { queue: query.queue, limit: 200 }));
  const { queue, died_of } = query;
  const chosen = died_of === undefined ? null : { queue, died_of };
  const page = useAnswer(
    chosen && withQuery("/jobs", { state: "dead", ...chosen, limit: 50, cursor: query.cursor }),
  );
  const all = async (name, verb, past, keep) => {
    const { total } = groups.data;
    const what = `${verb} ${queue ? `the ${count(total)} of ${queue}` : `all ${count(total)}`}`;
    if (!await ask(`${what}?`, { yes: what, no: keep })) return;
    const filter = { state: "dead", ...(queue && { queue }) };
    await attempt(() => call("POST", `/bulk/${name}`, { filter }), ({ done }) => `${past} ${count(done)}`);
    groups.reload();
  };
  if (!groups.data) {
    return html`
      <h1>Dead letters</h1>
      <${Problem} error=${groups.error}/>
    `;
  }
  const { total, groups: found, more_groups: more } = groups.data;
  return html`
    <h1>Dead letters${queue && html`
      of <${Link} to=${`/queues/${encodeURIComponent(queue)}`}>${queue}<//>
    `}</h1>
    ${queue && html`
      <p>
        <${Link} to="/dead">Those of all queues<//></p>
    `}
    <${Problem} error=${groups.error}/>
    ${total === 0
      ? html`<${Empty}>No job has used up its retries.<//>`
      : html`<div class="bulk" role="group" aria-label="Actions"><span>${count(total)}</span>
          <${Action} run=${() => all("retry", "Retry", "Queued again:", "Leave them")}>Retry all<//>
          <${Action} kind="danger" run=${() =>
        all("delete", "Delete", "Deleted", "Keep them")}>Delete all<//></div>
        <${Groups} ...${{ groups: found, chosen, reload: groups.reload }}/>
        ${more > 0 && html`<p class="faint">${number(more)} more kinds, each of fewer jobs.</p>`}`}
    ${chosen && page.data && html`
      <h2>${visible(died_of)}</h2>
      ${page.data.jobs.length === 0
        ? html`<${Empty}>None is left of these.<//>`
        : html`<${JobTable} jobs=${page.data.jobs}/>`}
      <${PageLinks} cursor=${query.cursor} next=${page.data.cursor} />
    `}
  `;
}

/** A row for each group; each button means all of the group, however many they are. */
function Groups({ groups, chosen, reload }) {
  const isChosen = ({ queue, died_of }) => chosen?.queue === queue && chosen?.died_of === died_of;
  const change = async (group, how) => {
    await changeGroup(group, how);
    reload();
  };
  return html`
    <div class="scroll">
      <table class="dead-groups">
        <thead>
          <tr>
            <th class="right">Jobs</th>
            <th>Queue</th>
            <th>Died of</th>
            <th>Last day</th>
            <th>First</th>
            <th>Last</th>
            <th class="acts"><span class="sr-only">Actions</span></th>
          </tr>
        </thead>
        <tbody>${groups.map((group) =>
          html`
            <tr key=${`${group.queue} ${group.died_of}`} aria-current=${isChosen(group) ? "true" : undefined}>
              <td class="right">${number(group.count)}</td>
              <td>
                <${Link} to=${withQuery("/dead", { queue: group.queue })}>${group.queue}<//></td>
              <td class="wide"><${Link} class="code" to=${addressWith({
                queue: group.queue,
                died_of: group.died_of,
                cursor: "",
              })}>${visible(group.died_of)}<//></td>
              <td><${Spark} values=${group.course} kind="dead" label=${`${
                number(
                  group.course.reduce((sum, n) => sum + n, 0),
                )
              } in the last day`}/></td>
              <td class="nowrap"><${Time} at=${group.first_at}/></td>
              <td class="nowrap"><${Time} at=${group.last_at}/></td>
              <td class="acts"><${Action} run=${() => change(group, RETRY)}>Retry<//>
                <${Action} kind="danger" run=${() => change(group, DELETE)}>Delete<//></td></tr>
          `
        )}</tbody>
      </table>
    </div>
  `;
}
