/** Queues with how they have been within the last hour, as a table. */
import { html } from "./lib.js";
import { call, withQuery } from "./api.js";
import { Spark } from "./chart.js";
import { compact, duration, number } from "./format.js";
import { Action, attempt, Time } from "./parts.js";
import { Link } from "./router.js";

export const queuePath = (name) => `/queues/${encodeURIComponent(name)}`;

/** Stops or starts a queue. */
export function PauseQueue({ name, paused }) {
  const run = () =>
    attempt(
      () => call("PATCH", queuePath(name), { paused: !paused }),
      `${paused ? "Resumed" : "Paused"} queue "${name}"`,
    );
  return html`<${Action} run=${run}>${paused ? "Resume" : "Pause"}<//>`;
}

/** Attempts that did not complete, of all. */
export function failShare({ completed, failed }) {
  const sum = (values) => values.reduce((total, value) => total + value, 0);
  const all = sum(completed) + sum(failed);
  return all === 0 ? null : sum(failed) / all;
}

/** What the line says, for those who do not see it. */
export function courseInWords({ completed, failed }) {
  const sum = (values) => values.reduce((total, value) => total + value, 0);
  return `In the last hour ${number(sum(completed))} completed and ${number(sum(failed))} failed`;
}

function isNotServed({ paused, workers, counts }) {
  return !paused && workers === 0 && counts.pending > 0;
}

export function QueueTable({ queues }) {
  const states = ["blocked", "scheduled", "failed"].filter((state) =>
    queues.some(({ counts }) => counts[state] > 0)
  );
  const limited = queues.some(({ concurrency }) => concurrency !== null);
  const of = ({ name, counts }, state) =>
    counts[state] > 0 &&
    html`<${Link} to=${withQuery("/jobs", { queue: name, state })} title=${number(counts[state])}>${
      compact(counts[state])
    }<//>`;
  return html`
    <div class="scroll">
      <table class="queues">
        <thead>
          <tr><th>Queue</th><th class="right">pending</th><th>oldest</th>${states.map((state) =>
            html`<th key=${state} class="right">${state === "failed" ? "to retry" : state}</th>`
          )}<th class="right">running</th><th>last hour</th><th class="right">fail</th><th class="right">dead</th><th class="right">wait p95</th>${limited &&
            html`<th class="right">limit</th>`}<th class="right">served by</th><th class="acts"><span class="sr-only">Actions</span></th></tr>
        </thead>
        <tbody>${queues.map((queue) => {
          const share = failShare(queue);
          return html`
            <tr key=${queue.name}>
              <td>
                <${Link} to=${queuePath(queue.name)}>${queue.name}<//>${queue.paused && html`
                  <span class="tag warn">paused</span>
                `}${isNotServed(queue) && html`
                  <span class="tag warn">not served</span>
                `}</td>
              <td class="right">${of(queue, "pending")}</td>
              <td class="nowrap">${queue.oldest_pending_at &&
                html`<${Time} at=${queue.oldest_pending_at}/>`}</td>
              ${states.map((state) => html`<td key=${state} class="right">${of(queue, state)}</td>`)}
              <td class="right">${of(queue, "processing")}</td>
              <td><${Spark} values=${queue.completed} also=${queue.failed} label=${courseInWords(
                queue,
              )}/></td>
              <td class=${`right ${share > 0.1 ? "dead" : ""}`}>${share === null
                ? ""
                : `${Number((share * 100).toPrecision(2))} %`}</td>
              <td class="right">${queue.counts.dead > 0 &&
                html`<${Link} to=${withQuery("/dead", { queue: queue.name })} class="dead">${
                  compact(queue.counts.dead)
                }<//>`}</td>
              <td class="right nowrap">${queue.wait_p95 === null ? "" : duration(queue.wait_p95)}</td>
              ${limited && html`<td class="right">${queue.concurrency ?? ""}</td>`}
              <td class=${`right nowrap ${isNotServed(queue) ? "dead" : ""}`}>${queue.workers === 0
                ? "nobody"
                : queue.workers === 1
                ? "1 worker"
                : `${number(queue.workers)} workers`}</td>
              <td class="acts"><${PauseQueue} ...${queue}/></td>
            </tr>
          `;
        })}</tbody>
      </table>
    </div>
  `;
}

/** Seconds as people write them; nothing where the setting says. */
export function keptText(seconds) {
  if (seconds === null) return "";
  const [size, unit] =
    [[86_400, "d"], [3600, "h"], [60, "m"]].find(([size]) => seconds && seconds % size === 0) ??
      [1, seconds ? "s" : ""];
  return `${seconds / size}${unit}`;
}

/** Units by name, as people write them. */
export function needsText(needs) {
  return Object.entries(needs ?? {}).map(([name, units]) => units === 1 ? name : `${name}=${units}`).join(
    ", ",
  );
}

/** What is set of a queue beside how many at a time, each in a few words. */
export function rulesText({ needs, per_label: perLabel, rate, smooth, fair, aging }) {
  return [
    needs && `needs ${needsText(needs)}`,
    perLabel !== null && `${number(perLabel)} per label`,
    rate && `${rate}${smooth ? ", evenly" : ""}`,
    fair && "labels take turns",
    aging !== null && `aging ${keptText(aging)}`,
  ].filter(Boolean);
}
