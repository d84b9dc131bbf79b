/** Queues: how many wait, how many may run, and whether they do. What can be set of one is on its own page. */
import { html } from "./lib.js";
import { call, useAnswer, withQuery } from "./api.js";
import { compact, jobs as count, number } from "./format.js";
import { Action, ask, attempt, Empty, Loading, Problem, STATES, Time } from "./parts.js";
import { PauseQueue, queuePath, rulesText } from "./queue_table.js";
import { go, Link, PageLinks } from "./router.js";

/** The states that have a column even when no job is in them. */
const ALWAYS = ["pending", "processing", "completed"];

/** How many jobs of a queue wait. */
export function waitingIn({ counts }) {
  return counts.blocked + counts.pending + counts.scheduled + counts.failed;
}

function isEmpty({ counts }) {
  return Object.values(counts).every((count) => count === 0);
}

/** Deletes what waits in a queue or, when it is empty, the queue. */
export function ClearQueue({ queue, gone = () => {} }) {
  const clear = async () => {
    const waiting = waitingIn(queue);
    const yes = `Delete ${count(waiting)}`;
    if (!await ask(`Delete ${count(waiting)} that wait in "${queue.name}"?`, { yes, no: "Keep them" })) {
      return;
    }
    await attempt(
      () => call("POST", `${queuePath(queue.name)}/clear`),
      ({ deleted }) => `Deleted ${count(deleted)}`,
    );
  };
  const remove = async () => {
    const detail = "Its switches and figures go with it; figures over all queues stay.";
    if (!await ask(`Delete queue "${queue.name}"?`, { yes: "Delete it", no: "Keep it", detail })) return;
    const done = ({ deleted }) => `Deleted queue "${deleted}"`;
    if (await attempt(() => call("DELETE", queuePath(queue.name)), done)) gone();
  };
  if (isEmpty(queue)) return html`<${Action} kind="danger" run=${remove}>Delete<//>`;
  return html`<${Action} kind="danger" disabled=${waitingIn(queue) === 0} run=${clear}>Clear<//>`;
}

export function QueuesPage({ query }) {
  const { data: page, error, reload } = useAnswer(withQuery("/queues", { cursor: query.cursor, limit: 100 }));
  if (!page) {
    return html`
      <h1>Queues</h1>
      <${Loading} ...${{ error, again: reload }} />
    `;
  }
  // the others stand empty in every row
  const states = STATES.filter((state) =>
    ALWAYS.includes(state) || page.queues.some(({ counts }) => counts[state] > 0)
  );
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
        <table class="queues cards">
          <thead>
            <tr><th>Queue</th>${states.map((state) =>
              html`<th key=${state} class="right">${state}</th>`
            )}<th>oldest</th><th class="right">limit</th><th class="acts"><span class="sr-only">Actions</span></th></tr>
          </thead>
          <tbody>${page.queues.map((queue) =>
            html`
              <tr key=${queue.name}>
                <td>
                  <${Link} to=${queuePath(queue.name)}>${queue.name}<//>${queue.paused &&
                    html`
                      <span class="tag warn">paused</span>
                    `}</td>
                    ${states.map((state) =>
                      html`<td key=${state} class="right" data-label=${state}>${
                        queue.counts[state] > 0 &&
                        html`<${Link} to=${withQuery("/jobs", { queue: queue.name, state })} title=${
                          number(queue.counts[state])
                        }>${compact(queue.counts[state])}<//>`
                      }</td>`
                    )}
                    <td class="nowrap" data-label="oldest">${queue.oldest_pending_at &&
                      html`<${Time} at=${queue.oldest_pending_at}/>`}</td>
                    <td class="right" data-label="limit" title=${rulesText(queue).join("; ")}>${[
                      queue.concurrency,
                      ...rulesText(queue),
                    ].filter(
                      (part) => part !== null,
                    ).join("; ") || null}</td>
                    <td class="acts"><${PauseQueue} ...${queue}/> <${ClearQueue} queue=${queue}/></td></tr>
            `
          )}</tbody>
        </table>
      </div>
      <${PageLinks} cursor=${query.cursor} next=${page.cursor}>
        ${page.cursor && html`
          <span class="faint">${number(page.of)} queues</span>
        `}<//>
  `;
}

/** The name of a queue that one went to is wrong, or the queue is gone. */
export function NoQueue({ error }) {
  return html`
    <${Problem} error=${error}/>
      <p><button type="button" onClick=${() => go("/queues")}>All queues</button></p>
  `;
}
