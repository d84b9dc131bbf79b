/** What is wrong, a sentence each, with a way to where it is put right. */
import { html } from "./lib.js";
import { call, withQuery } from "./api.js";
import { jobs as count, number, visible } from "./format.js";
import { Action, ask, attempt } from "./parts.js";
import { Link } from "./router.js";

/** Does something to all dead jobs of a group, in the server. */
export async function changeGroup({ queue, died_of, count: n }, { name, verb, past, keep }) {
  if (!await ask(`${verb} ${count(n)}?`, { yes: `${verb} ${count(n)}`, no: keep })) return;
  const filter = { state: "dead", queue, died_of };
  await attempt(() => call("POST", `/bulk/${name}`, { filter }), ({ done }) => `${past} ${count(done)}`);
}

export const RETRY = { name: "retry", verb: "Retry", past: "Queued again:", keep: "Leave them" };
export const DELETE = { name: "delete", verb: "Delete", past: "Deleted", keep: "Keep them" };

const pathOf = (queue) => `/queues/${encodeURIComponent(queue)}`;

/** Where each kind leads, and what can be done at once. */
const KINDS = {
  dead: {
    to: ({ queue, died_of }) => withQuery("/dead", { queue, died_of }),
    act: (one) => html`<${Action} run=${() => changeGroup(one, RETRY)}>Retry ${number(one.count)}<//>`,
  },
  paused: {
    to: ({ queue }) => pathOf(queue),
    act: ({ queue }) => {
      const turn = (paused) => call("PATCH", pathOf(queue), { paused });
      const undo = () => turn(true);
      return html`<${Action} run=${() =>
        attempt(() => turn(false), `Resumed queue "${queue}"`, { undo })}>Resume<//>`;
    },
  },
  unserved: { to: ({ queue }) => pathOf(queue) },
  no_worker: { to: () => "/workers" },
  gone: { to: () => "/workers" },
  overdue: { to: () => "/schedules" },
  disk: { to: () => "/settings" },
};

/** A queue's name stands out in its sentence. */
function Sentence({ says, queue }) {
  const at = queue === null ? -1 : says.indexOf(queue);
  if (at === -1) return says;
  return html`${says.slice(0, at)}<strong>${queue}</strong>${says.slice(at + queue.length)}`;
}

export function Troubles({ troubles }) {
  if (troubles.length === 0) return null;
  return html`
    <section aria-labelledby="wrong">
      <h2 id="wrong" class="sr-only">What is wrong</h2>
      <ul class="troubles">${troubles.map((one) => {
        const { to, act } = KINDS[one.kind];
        return html`<li key=${one.says} class=${`trouble ${one.kind}`}>
        <span class="says"><${Link} to=${to(one)}><${Sentence} ...${one}/><//>${
          one.died_of !== null && html`
            ${" "}
                        <${Link} to=${to(one)} class="code">${visible(one.died_of)}<//>
          `
        }${
          one.kind === "no_worker" &&
          html`. <span class="faint">Start some with <code>queuectl worker start --count 2 --detach</code></span>`
        }</span>
        <span class="acts">${act?.(one)}</span></li>`;
      })}</ul>
    </section>
  `;
}
