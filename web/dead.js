/** The dead letter queue: what fails, grouped by what went wrong. */
import { html } from "./lib.js";
import { call, useAnswer } from "./api.js";
import { jobs as count, number, visible } from "./format.js";
import { JobTable } from "./jobs.js";
import { Action, ask, attempt, Empty, Problem, Time } from "./parts.js";
import { addressWith, Link } from "./router.js";

export function Dead({ query }) {
  const groups = useAnswer("/dlq/groups");
  const page = useAnswer(query.error === undefined ? null : `/jobs?state=dead&limit=200`);
  const all = async (path, verb, past) => {
    const { total } = groups.data;
    if (!await ask(`${verb} all ${count(total)}?`, { yes: `${verb} all` })) return;
    await attempt(() => call("POST", path), (answer) => `${past} ${count(answer.retried ?? answer.deleted)}`);
    groups.reload();
  };
  const group = async (ids, name, verb, past) => {
    if (!await ask(`${verb} ${count(ids.length)}?`, { yes: `${verb} ${count(ids.length)}` })) return;
    await attempt(() => call("POST", `/bulk/${name}`, { ids }), ({ done }) => `${past} ${count(done)}`);
    groups.reload();
  };
  if (!groups.data) {
    return html`
      <h1>Dead letters</h1>
      <${Problem} error=${groups.error}/>
    `;
  }
  const { total, groups: found } = groups.data;
  const chosen = found.find(({ error }) => error === query.error);
  return html`
    <h1>Dead letters</h1>
    ${total === 0
      ? html`<${Empty}>No job has used up its retries.<//>`
      : html`<div class="bulk" role="group" aria-label="Actions"><span>${count(total)}</span>
          <${Action} run=${() => all("/dlq/retry", "Retry", "Queued again:")}>Retry all<//>
          <${Action} kind="danger" run=${() => all("/dlq/clear", "Delete", "Deleted")}>Delete all<//></div>
        <div class="scroll"><table><thead><tr><th class="right">Jobs</th><th>What went wrong</th><th>Last</th><th></th></tr></thead>
        <tbody>${
        found.map(({ error, count, ids, last }) =>
          html`
            <tr key=${error} aria-current=${error === query.error ? "true" : undefined}>
              <td class="right">${number(count)}</td>
              <td>
                <${Link} to=${addressWith({ error })}>${visible(error)}<//></td><td><${Time} at=${last}/></td>
                      <td class="right nowrap"><${Action} run=${() =>
                        group(ids, "retry", "Retry", "Queued again:")}>Retry<//>
                        <${Action} kind="danger" run=${() =>
                          group(ids, "delete", "Delete", "Deleted")}>Delete<//></td></tr>
          `
        )
      }</tbody></table></div>`}
    ${chosen && page.data && html`
      <h2>${visible(chosen.error)}</h2>
      <${JobTable} jobs=${page.data.jobs.filter(({ id }) => chosen.ids.includes(id))}/>
    `}
  `;
}
