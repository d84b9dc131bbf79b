/** Schedules: when each comes next, how the last runs went, and all of them together in the time ahead. */
import { html, useState } from "./lib.js";
import { call, useAnswer, useLive, withQuery } from "./api.js";
import { localTime, visible } from "./format.js";
import { Lazy } from "./lazy.js";
import { Action, attempt, Empty, Loading, Problem, Time } from "./parts.js";
import { addressWith, Link, PageLinks } from "./router.js";

/** How a run stands, in a word. */
export function standing({ kind, state }) {
  if (kind === "missed" || kind === "skipped") return kind;
  return state ?? "gone";
}

const SIGNS = {
  completed: "✓",
  dead: "✗",
  failed: "✗",
  processing: "▶",
  cancelled: "⊘",
  missed: "○",
  skipped: "–",
  gone: "·",
};

/** The latest runs, the newest on the right; each leads to its job. */
export function Strip({ runs }) {
  return html`<span class="strip">${
    [...runs].reverse().map((run) => {
      const what = standing(run);
      const title = `${what}${run.count === 1 ? "" : `, ${run.count ?? "very many"} times`}: ${
        localTime(run.slot)
      }`;
      const sign = html`<span class=${`state ${what}`} role="img" aria-label=${title} title=${title}>${
        SIGNS[what] ??
          "…"
      }</span>`;
      return run.job && what !== "skipped"
        ? html`
          <${Link} key=${run.nth} to=${`/jobs/${encodeURIComponent(run.job)}`}>${sign}<//>
        `
        : html`<span key=${run.nth}>${sign}</span>`;
    })
  }</span>`;
}

/** When it comes next. */
export function Next({ paused, next_at: at }) {
  if (paused) return html`<span class="state failed">paused</span>`;
  if (!at) return "never";
  return Date.parse(at) < Date.now() - 5000
    ? html`<span class="failed">due <${Time} at=${at} /></span>`
    : html`<${Time} at=${at} />`;
}

/** The buttons of one. */
export function Actions({ name, paused, reload }) {
  const path = `/schedules/${encodeURIComponent(name)}`;
  const run = () => attempt(() => call("POST", `${path}/run`), ({ id }) => `Enqueued ${id}`).then(reload);
  const turn = async () => {
    const to = (verb) => call("POST", `${path}/${verb}`).then(reload);
    await attempt(
      () => to(paused ? "resume" : "pause"),
      `${paused ? "Resumed" : "Paused"} schedule "${name}"`,
      { undo: () => to(paused ? "pause" : "resume") },
    );
  };
  return html`
    <div class="bulk" role="group" aria-label=${`Actions on ${name}`}>
      <${Action} run=${run}>Run now<//>
        <${Action} run=${turn}>${paused ? "Resume" : "Pause"}<//>
      </div>
  `;
}

/** Says so where nobody is there to fire anything. */
export function Unfired() {
  const { status } = useLive();
  if (!status || status.schedules.total === status.schedules.paused) return null;
  if (status.workers.some(({ state }) => state === "working" || state === "idle")) return null;
  return html`<p class="problem" role="status">No worker is running, so no schedule is fired.</p>`;
}

const DAYS = [["Day", 24], ["Week", 24 * 7], ["Month", 24 * 31]];

/** The form, once it is asked for. */
export function Form(props) {
  return html`<${Lazy} ...${{ file: "schedule_edit", part: "EditSchedule", what: "The form", props }} />`;
}

export function Schedules({ query }) {
  const [adding, setAdding] = useState(false);
  const answer = useAnswer(withQuery("/schedules", { cursor: query.cursor, limit: 100 }), { every: 30_000 });
  const { data: page, error } = answer;
  if (!page) {
    return html`
      <h1>Schedules</h1>
      <${Loading} ...${{ error, again: answer.reload }} />
    `;
  }
  const add = adding ? html`<${Form} close=${() => setAdding(false)} />` : html`
    <div class="bulk">
      <${Action} run=${() => setAdding(true)}>Add a schedule<//></div>
  `;
  if (page.schedules.length === 0 && !query.cursor) {
    return html`
      <h1>Schedules</h1>
      ${add}
      <${Empty}>No schedules. On the command line one is added so:${" "}
      <code>queuectl schedule add nightly '0 2 * * *' -- make backup</code><//>
    `;
  }
  return html`
    <h1>Schedules</h1>
    <${Problem} error=${error}/>
      <${Unfired} />
      ${add}
      <div class="panel scroll">
        <table class="cards">
          <thead>
            <tr>
              <th>Schedule</th>
              <th>When</th>
              <th>Next</th>
              <th>Last runs</th>
              <th>Command</th>
              <th><span class="sr-only">Actions</span></th>
            </tr>
          </thead>
          <tbody>${page.schedules.map((one) =>
            html`
              <tr key=${one.name}>
                <td>
                  <${Link} to=${`/schedules/${encodeURIComponent(one.name)}`}>${one.name}<//></td>
                <td><code>${one.expression}</code> <span class="faint">${one.tz}</span></td>
                <td data-label="next"><${Next} ...${one} /></td>
                <td><${Strip} runs=${one.runs}/></td>
                <td class="command"><code>${visible(one.job.command)}</code></td>
                <td><${Actions} ...${{ ...one, reload: answer.reload }} /></td>
              </tr>
            `
          )}</tbody>
        </table>
      </div>
      <${PageLinks} cursor=${query.cursor} next=${page.cursor} />
      <${Calendar} hours=${Number(query.hours) || 24}/>
  `;
}

/** All that comes, by days. */
function Calendar({ hours }) {
  const { data, error } = useAnswer(withQuery("/calendar", { hours }), { every: 60_000 });
  const days = Map.groupBy(data?.slots ?? [], ({ at }) => new Date(at).toDateString());
  return html`
    <h2>What comes</h2>
    <nav class="pages" aria-label="How far ahead">${DAYS.map(([name, ahead]) =>
      html`<${Link} key=${name} to=${addressWith({ hours: ahead })} aria-current=${
        ahead === hours ? "true" : undefined
      }>${name}<//>`
    )}</nav>
    <${Problem} error=${error}/>
    ${data?.often.length > 0 &&
      html`<p class="faint">All the time: ${
        data.often.map(({ schedule, expression }) =>
          html`<span key=${schedule}>${schedule} (<code>${expression}</code>) </span>`
        )
      }</p>`}
    ${data && [...days].map(([day, slots]) =>
      html`
        <h3 class="day" key=${`day ${day}`}>${day}</h3>
        <ul class="slots" key=${day}>${slots.map(({ schedule, at }) =>
          html`
            <li
              key=${at + schedule}><time datetime=${at}>${new Date(at).toTimeString().slice(
                0,
                5,
              )}</time> <${Link} to=${`/schedules/${encodeURIComponent(schedule)}`}>${schedule}<//></li>
          `
        )}</ul>
      `
    )}
    ${data?.cut && html`<p class="faint">There is more; the first 1,000 are shown.</p>`}
    ${data && data.slots.length + data.often.length === 0 && html`<${Empty}>Nothing comes in this time.<//>`}
  `;
}
