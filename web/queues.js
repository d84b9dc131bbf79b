/** Queues: how many wait, how many may run, and whether they do. */
import { html } from "./lib.js";
import { call, useAnswer, withQuery } from "./api.js";
import { jobs as count, number } from "./format.js";
import { Action, ask, attempt, Empty, Problem, STATES } from "./parts.js";
import { useRights } from "./rights.js";
import { addressWith, Link } from "./router.js";

/** The states that have a column even when no job is in them. */
const ALWAYS = ["pending", "processing", "completed"];

export function QueuesPage({ query }) {
  const { readOnly } = useRights();
  const { data: page, error } = useAnswer(withQuery("/queues", { cursor: query.cursor, limit: 100 }));
  if (!page) {
    return html`
      <h1>Queues</h1>
      <${Problem} error=${error}/>
        <p class="faint">Loading …</p>
    `;
  }
  const pathOf = ({ name }) => `/queues/${encodeURIComponent(name)}`;
  const limit = async (event, queue) => {
    event.preventDefault();
    const text = new FormData(event.target).get("limit").trim();
    const concurrency = text === "" ? null : Number(text);
    const said = concurrency === null ? "has no limit" : `runs at most ${concurrency} at a time`;
    await attempt(() => call("PATCH", pathOf(queue), { concurrency }), `Queue "${queue.name}" ${said}`);
  };
  const keep = async (event, queue) => {
    event.preventDefault();
    const form = new FormData(event.target);
    const [retention, retention_dead] = ["retention", "retention_dead"].map((name) =>
      form.get(name).trim() || null
    );
    await attempt(
      () => call("PATCH", pathOf(queue), { retention, retention_dead }),
      `Set how long jobs of "${queue.name}" are kept`,
    );
  };
  const pause = (queue) =>
    attempt(
      () => call("PATCH", pathOf(queue), { paused: !queue.paused }),
      `${queue.paused ? "Resumed" : "Paused"} queue "${queue.name}"`,
    );
  const clear = async (queue) => {
    const waiting = queue.counts.blocked + queue.counts.pending + queue.counts.scheduled +
      queue.counts.failed;
    if (!await ask(`Delete ${count(waiting)} that wait in "${queue.name}"?`, { yes: "Delete them" })) return;
    await attempt(() => call("POST", `${pathOf(queue)}/clear`), ({ deleted }) => `Deleted ${count(deleted)}`);
  };
  const remove = async (queue) => {
    const detail = "Its switches and figures go with it; figures over all queues stay.";
    if (!await ask(`Delete queue "${queue.name}"?`, { yes: "Delete it", detail })) return;
    await attempt(() => call("DELETE", pathOf(queue)), ({ deleted }) => `Deleted queue "${deleted}"`);
  };
  // the others stand empty in every row, and take the room of what can be set
  const states = STATES.filter((state) =>
    ALWAYS.includes(state) || page.queues.some(({ counts }) => counts[state] > 0)
  );
  const isEmpty = ({ counts }) => Object.values(counts).every((count) => count === 0);
  if (page.of === 0) {
    return html`
      <h1>Queues</h1>
      <${Empty}>A queue is there from its first job on. <${Link} to="/enqueue">Enqueue one<//><//>
    `;
  }
  return html`
    <h1>Queues</h1>
    <${Problem} error=${error}/>
      <div class="scroll">
        <table>
          <thead>
            <tr><th>Queue</th>${states.map((state) =>
              html`<th key=${state} class="right">${state}</th>`
            )}<th>At most</th><th>Keep ended</th><th>Keep dead</th><th></th></tr>
          </thead>
          <tbody>${page.queues.map((queue) =>
            html`
              <tr key=${queue.name}>
                <td>
                  <${Link} to=${withQuery("/jobs", { queue: queue.name })}>${queue.name}<//>${queue.paused &&
                    html`
                      <span class="tag">paused</span>
                    `}</td>
                    ${states.map((state) =>
                      html`<td key=${state} class="right">${
                        queue.counts[state] > 0 &&
                        html`<${Link} to=${withQuery("/jobs", { queue: queue.name, state })}>${
                          number(queue.counts[state])
                        }<//>`
                      }</td>`
                    )}
                    <td>${readOnly
                      ? queue.concurrency
                      : html`<form key=${queue.concurrency} class="inline" onSubmit=${(event) =>
                        limit(event, queue)}>
                      <input name="limit" type="number" min="1" size="5" aria-label=${`Most at a time in ${queue.name}`} defaultValue=${
                        queue
                          .concurrency ?? ""
                      } placeholder="no limit"/>
                      <button type="submit">Set</button></form>`}</td>
                    ${readOnly
                      ? html`
                        <td>${keptText(queue.retention)}</td>
                        <td>${keptText(queue.retention_dead)}</td>
                      `
                      : html`<${Kept} key=${`${queue.retention} ${queue.retention_dead}`} ...${{
                        queue,
                        keep,
                      }} />`}
                    <td class="right nowrap"><${Action} run=${() => pause(queue)}>${queue.paused
                      ? "Resume"
                      : "Pause"}<//>
                      <${Action} kind="danger" run=${() =>
                        isEmpty(queue) ? remove(queue) : clear(queue)}>${isEmpty(queue)
                        ? "Delete"
                        : "Clear"}<//></td></tr>
            `
          )}</tbody>
        </table>
      </div>
      <nav class="pages" aria-label="Pages">
      ${query.cursor && html`<${Link} to=${addressWith({ cursor: "" })}>First page<//>`}
      ${page.cursor && html`<${Link} to=${addressWith({ cursor: page.cursor })}>Next page<//>`}
      ${page.cursor && html`
        <span class="faint">${number(page.of)} queues</span>
      `}
      </nav>
  `;
}

/** How long ended jobs of a queue are kept: two fields of one form. */
function Kept({ queue, keep }) {
  const form = `kept-${queue.name}`;
  const field = (name, label) =>
    html`
      <input form=${form} name=${name} size="6" aria-label=${`${label} in ${queue.name}`} defaultValue=${keptText(
        queue[name],
      )}
        placeholder="as set" />
    `;
  return html`
    <td>${field("retention", "How long ended jobs are kept")}</td>
    <td>
      <form id=${form} class="inline" onSubmit=${(event) => keep(event, queue)}>
      ${field("retention_dead", "How long dead jobs are kept")}
      <button type="submit">Keep</button></form>
    </td>
  `;
}

/** Seconds as people write them; nothing where the setting says. */
function keptText(seconds) {
  if (seconds === null) return "";
  const [size, unit] =
    [[86_400, "d"], [3600, "h"], [60, "m"]].find(([size]) => seconds && seconds % size === 0) ??
      [1, seconds ? "s" : ""];
  return `${seconds / size}${unit}`;
}
