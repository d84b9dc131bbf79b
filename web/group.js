/** A group: how far it is, what waits for it, its jobs, and what can be done to them. */
import { html } from "./lib.js";
import { call, useAnswer, withQuery } from "./api.js";
import { duration, jobs as count, number } from "./format.js";
import { Done, GroupState } from "./groups.js";
import { JobTable } from "./job_table.js";
import { Action, ask, attempt, Empty, Facts, Problem, Time } from "./parts.js";
import { go, Link } from "./router.js";

export function Group({ name }) {
  const path = `/groups/${encodeURIComponent(name)}`;
  const answer = useAnswer(path);
  const page = useAnswer(withQuery("/jobs", { group: name, limit: 20 }));
  const group = answer.data;
  if (!group) {
    return html`
      <h1>Group ${name}</h1>
      <${Problem} error=${answer.error}/>
    `;
  }
  const jobsOf = (state) => withQuery("/jobs", { group: name, state });
  const linked = (state) =>
    group[state] > 0 && html`<${Link} to=${jobsOf(state)}>${number(group[state])}<//>`;
  return html`
    <h1>Group ${name}</h1>
    <${Problem} error=${answer.error}/>
    <${Actions} ...${{ group, path, reload: () => [answer, page].forEach((one) => one.reload()) }} />
    <${Facts} rows=${[
      ["State", html`<${GroupState} ...${group} />`],
      ["Done", html`<${Done} ...${group} />`],
      ["Time left", group.time_left !== null && `about ${duration(group.time_left)}, at the pace so far`],
      [
        "Running",
        group.running > 0 && html`<${Link} to=${jobsOf("processing")}>${number(group.running)}<//>`,
      ],
      ["Completed", linked("completed")],
      ["Dead", linked("dead")],
      ["Cancelled", linked("cancelled")],
      ["Skipped", linked("skipped")],
      ["Stops", group.max_failures !== null && `once ${number(group.max_failures)} of its jobs are dead`],
      [
        "Needed by",
        group.needed_by.length > 0 &&
        group.needed_by.map((id) =>
          html`
            <${Link} key=${id} to=${`/jobs/${encodeURIComponent(id)}`}>${id}<//>
          `
        ),
      ],
      ["Created", html`<${Time} at=${group.created_at}/>`],
      ["Ended", group.ended_at && html`<${Time} at=${group.ended_at}/>`],
    ]} />
    <h2>Jobs</h2>
    ${page.data &&
      (page.data.jobs.length === 0 ? html`<${Empty}>None of its jobs is there any more.<//>` : html`
        <${JobTable} jobs=${page.data.jobs} />
        <nav class="pages" aria-label="Jobs">
          <${Link} to=${jobsOf()}>All of its jobs<//></nav>
      `)}
  `;
}

function Actions({ group, path, reload }) {
  const { name, sealed, open, dead, cancelled } = group;
  const seal = async () => {
    const detail = "Only its own jobs can add to it from then on, and that stays so.";
    if (!await ask(`Seal group "${name}"?`, { yes: "Seal it", no: "Leave it open", detail })) return;
    await attempt(() => call("POST", `${path}/seal`), `Sealed group "${name}"`);
    reload();
  };
  const cancel = async () => {
    if (!await ask(`Cancel ${count(open)} of "${name}"?`, { yes: "Cancel them", no: "Keep them" })) return;
    await attempt(
      () => call("POST", `${path}/cancel`),
      ({ cancelled, requested }) => `Cancelled: ${count(cancelled + requested)}`,
    );
    reload();
  };
  const retry = async () => {
    const all = count(dead + cancelled);
    if (!await ask(`Retry ${all} of "${name}"?`, { yes: `Retry ${all}`, no: "Leave them" })) return;
    await attempt(() => call("POST", `${path}/retry`), ({ retried }) => `Queued again: ${count(retried)}`);
    reload();
  };
  const remove = async () => {
    if (!await ask(`Delete group "${name}"?`, { yes: "Delete it", no: "Keep it" })) return;
    if (await attempt(() => call("DELETE", path), `Deleted group "${name}"`)) go("/groups");
  };
  return html`<div class="bulk" role="group" aria-label="Actions">
    ${!sealed && html`<${Action} run=${seal}>Seal<//>`}
    ${dead + cancelled > 0 && html`<${Action} run=${retry}>Retry what failed<//>`}
    ${
    open > 0
      ? html`<${Action} kind="danger" run=${cancel}>Cancel<//>`
      : html`<${Action} kind="danger" run=${remove}>Delete<//>`
  }
  </div>`;
}
