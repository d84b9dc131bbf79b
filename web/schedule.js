/** A schedule: when it comes, what became of its runs, and what can be done to it. */
import { html, useState } from "./lib.js";
import { call, useAnswer } from "./api.js";
import { duration, localTime, number, visible } from "./format.js";
import { Action, ask, attempt, Empty, Facts, Problem, Time } from "./parts.js";
import { go, Link } from "./router.js";
import { Actions, Form, Next, standing, Unfired } from "./schedules.js";

const HOW = { on_time: "on time", late: "late", manual: "by hand", missed: "missed", skipped: "skipped" };

export function Schedule({ name }) {
  const [editing, setEditing] = useState(false);
  const path = `/schedules/${encodeURIComponent(name)}`;
  const answer = useAnswer(path, { every: 30_000 });
  const schedule = answer.data;
  if (!schedule) {
    return html`
      <h1>Schedule ${name}</h1>
      <${Problem} error=${answer.error}/>
    `;
  }
  const remove = async () => {
    const detail = "What became of its runs is forgotten, too; its jobs stay.";
    if (!await ask(`Remove schedule "${name}"?`, { yes: "Remove it", detail })) return;
    if (await attempt(() => call("DELETE", path), `Removed schedule "${name}"`)) go("/schedules");
  };
  const { command, ...job } = schedule.job;
  return html`
    <h1>Schedule ${name}</h1>
    <${Problem} error=${answer.error}/>
      <${Unfired} />
      <div class="bulk">
        <${Actions} ...${{ ...schedule, reload: answer.reload }} />
        <${Action} run=${() => setEditing(!editing)} aria-expanded=${editing}>Edit<//>
        <${Action} kind="danger" run=${remove}>Remove<//>
    </div>
    ${editing &&
      html`<${Form} key=${name} ...${{
        schedule,
        close: () => setEditing(false),
        done: answer.reload,
      }} />`}
    <${Facts} rows=${[
      ["When", html`<code>${schedule.expression}</code> ${schedule.tz}`],
      ["Next", html`<${Next} ...${schedule} />`],
      ["Command", html`<code>${visible(command)}</code>`],
      ["Missed", schedule.missed],
      ["Overlap", schedule.overlap],
      ["Jitter", schedule.jitter > 0 && `up to ${duration(schedule.jitter)} later`],
      ...Object.entries(job).filter(([, value]) => value !== null)
        .map((
          [key, value],
        ) => [key, visible(typeof value === "object" ? JSON.stringify(value) : String(value))]),
      ["Created", html`<${Time} at=${schedule.created_at}/>`],
    ]} />
    <h2>${schedule.paused ? "When it would come" : "Next times"}</h2>
    <ul class="slots">${schedule.upcoming.map((at) =>
      html`<li key=${at}><time datetime=${at}>${localTime(at)}</time></li>`
    )}</ul>
    <h2>Last runs</h2>
    ${schedule.runs.length === 0 ? html`<${Empty}>It has not come yet.<//>` : html`
      <div class="scroll">
        <table>
          <thead>
            <tr>
              <th>Slot</th>
              <th>How</th>
              <th>Job</th>
              <th>State</th>
              <th class="right">Took</th>
              <th>Why</th>
            </tr>
          </thead>
          <tbody>${schedule.runs.map((run) =>
            html`
              <${Run} key=${run.nth} ...${run} />
            `
          )}</tbody>
        </table>
      </div>
    `}
  `;
}

function Run(run) {
  const { kind, slot, until, count, job, started_at: from, finished_at: to, error } = run;
  const what = standing(run);
  const many = count === 1 ? "" : ` to ${localTime(until)}: ${count === null ? "very many" : number(count)}`;
  const left = kind === "missed" || kind === "skipped";
  return html`
    <tr>
      <td>${localTime(slot)}${many}</td>
      <td>${HOW[kind]}</td>
      <td>${job &&
        html`<${Link} to=${`/jobs/${encodeURIComponent(job)}`}>${job}<//>`}${kind === "skipped" && job
        ? " had not ended"
        : ""}</td>
      <td>${!left && html`<span class=${`state ${what}`}>${what}</span>`}</td>
      <td class="right">${!left && from && to && duration((Date.parse(to) - Date.parse(from)) / 1000)}</td>
      <td>${!left && error && visible(error)}</td>
    </tr>
  `;
}
