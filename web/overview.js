/** The whole at a glance: counts, throughput, waiting and running times, queues, workers, and what fails. */
import { html, useMemo } from "./lib.js";
import { call, useAnswer, useLive, withQuery } from "./api.js";
import { Chart } from "./chart.js";
import { bytes, duration, jobs, number, secondsBetween, visible } from "./format.js";
import { Action, attempt, Empty, Problem, STATES, Time } from "./parts.js";
import { Done } from "./groups.js";
import { addressWith, go, Link } from "./router.js";

const RANGES = ["hour", "day", "week"];
const PERCENTILES = ["p50", "p95", "p99"];

export function Overview({ query }) {
  const { status } = useLive();
  const range = RANGES.includes(query.range) ? query.range : "hour";
  const percentile = PERCENTILES.includes(query.percentile) ? query.percentile : "p95";
  const queues = useAnswer("/queues?order=work&limit=50", { every: 15_000 }).data?.queues;
  // what is dear to ask for, and need not be new to the second
  const failures = useAnswer("/dlq/groups", { every: 5000, live: false }).data;
  const store = useAnswer("/store", { every: 15_000, live: false }).data;
  const series = useAnswer(withQuery("/metrics/series", { range }), { every: 15_000 });
  if (!status) return html`<p class="faint">Loading …</p>`;
  const total = Object.values(status.counts).reduce((sum, count) => sum + count, 0);
  return html`
    <h1 class="sr-only">Overview</h1>
    <ul class="tiles">${STATES.map((state) =>
      html`
        <li key=${state}>
          <${Link} to=${withQuery("/jobs", { state })} class=${`tile ${state}`}>
                <strong>${number(status.counts[state])}</strong><span>${state}</span>
              <//></li>
      `
    )}
    </ul>
    ${total === 0 &&
      html`<${Empty}>Nothing has been queued yet. <${Link} to="/enqueue">Enqueue a job<//>, or type
      <code>queuectl enqueue 'echo hello'</code>.<//>`}
    <${Problem} error=${series.error}/>
    ${series.data && html`
      <${Charts} ...${{ series: series.data, range, percentile }} />
    `}
    <${Queues} queues=${queues ?? status.queues} more=${status.more_queues}/>
    ${status.groups.length > 0 && html`
      <${OpenGroups} groups=${status.groups} more=${status.more_groups}/>
    `}
    <${Workers} workers=${status.workers} pending=${status.counts.pending}/>
    ${failures?.total > 0 && html`
      <${Failures} ...${failures} />
    `}
    ${store && html`<${Store} store=${store}/>`}
  `;
}

/** How far the newest groups are that have not ended. */
function OpenGroups({ groups, more }) {
  const others = more + Math.max(0, groups.length - 5);
  return html`
    <section>
      <h2>Groups</h2>
      <ul class="plain">${groups.slice(0, 5).map((group) =>
        html`
          <li key=${group.name}>
            <${Link} to=${`/groups/${encodeURIComponent(group.name)}`}>${group
              .name}<//> <${Done} ...${group} /></li>
        `
      )}</ul>
      ${others > 0 && html`
        <p class="faint">
          <${Link} to="/groups">${number(others)} more<//></p>
      `}
    </section>
  `;
}

/** The most frequent errors of dead jobs. */
function Failures({ groups }) {
  return html`
    <section>
      <h2>What fails</h2>
      <ul class="plain">${groups.slice(0, 5).map(({ error, count }) =>
        html`
          <li key=${error}>
            <${Link} to=${withQuery("/dead", { error })}>${error}<//>: ${jobs(count)}</li>
        `
      )}</ul>
    </section>
  `;
}

/** How large the store is. */
function Store({ store }) {
  return html`
    <p
      class="faint">The store has ${bytes(store.size)}, and ${bytes(
        store.log_size,
      )} in its log${store.free === null ? "" : `; ${bytes(store.free)} are free`}; ${store
        .engine}, schema ${store.schema_version}.</p>
  `;
}

function Charts({ series: { points }, range, percentile }) {
  const { times, throughput, waits } = useMemo(() => ({
    times: points.map(({ at }) => Date.parse(at) / 1000),
    throughput: [
      { label: "completed", colour: "completed", fill: true, values: points.map((point) => point.completed) },
      {
        label: "failed",
        colour: "dead",
        fill: true,
        values: points.map((point) => point.failed + point.timed_out + point.lost),
      },
      { label: "enqueued", colour: "pending", values: points.map((point) => point.enqueued) },
    ],
    waits: [
      {
        label: `waited, ${percentile}`,
        colour: "scheduled",
        values: points.map((point) => point.wait[percentile]),
      },
      {
        label: `ran, ${percentile}`,
        colour: "processing",
        values: points.map((point) => point.run[percentile]),
      },
    ],
  }), [points, percentile]);
  const pick = (name, values, current) =>
    html`<span class="picker" role="group" aria-label=${name}>${
      values.map((value) =>
        html`
          <button key=${value} type="button" aria-pressed=${value === current}
            onClick=${() => go(addressWith({ [name]: value }), { replace: true })}>${value}</button>
        `
      )
    }</span>`;
  return html`
    <section class="charts" aria-label="Charts">
      <div class="pickers">${pick("range", RANGES, range)} ${pick(
        "percentile",
        PERCENTILES,
        percentile,
      )}</div>
      <${Chart} key=${`t-${range}`} title=${`Attempts by ${range === "hour" ? "minute" : "hour"}`} ...${{
        times,
        lines: throughput,
      }} />
      <${Chart} key=${`w-${range}-${percentile}`} title="Waiting and running times" unit="s" ...${{
        times,
        lines: waits,
      }} />
    </section>
  `;
}

function Queues({ queues, more }) {
  if (queues.length === 0) return null;
  const change = (queue, body, done) =>
    attempt(() => call("PATCH", `/queues/${encodeURIComponent(queue.name)}`, body), done);
  return html`
    <section>
      <h2>Queues</h2>
      <div class="scroll">
        <table>
          <thead>
            <tr><th>Queue</th>${["blocked", "pending", "scheduled", "processing", "failed", "dead"].map((
              state,
            ) =>
              html`<th key=${state} class="right">${state}</th>`
            )}<th>oldest pending</th><th class="right">at most</th><th></th></tr>
          </thead>
          <tbody>${queues.map((queue) =>
            html`
              <tr key=${queue.name}>
                <td>
                  <${Link} to=${withQuery("/jobs", { queue: queue.name })}>${queue.name}<//>
                      ${queue.paused && html`
                        <span class="tag">paused</span>
                      `}</td>
                    ${["blocked", "pending", "scheduled", "processing", "failed", "dead"].map((state) =>
                      html`<td key=${state} class="right">${
                        queue.counts[state] > 0 &&
                        html`<${Link} to=${withQuery("/jobs", { queue: queue.name, state })}>${
                          number(queue.counts[state])
                        }<//>`
                      }</td>`
                    )}
                    <td>${queue.oldest_pending_at && html`<${Time} at=${queue.oldest_pending_at}/>`}</td>
                    <td class="right">${queue.concurrency ?? ""}</td>
                    <td class="right"><${Action} run=${() =>
                      change(
                        queue,
                        { paused: !queue.paused },
                        `${queue.paused ? "Resumed" : "Paused"} queue "${queue.name}"`,
                      )}>${queue.paused ? "Resume" : "Pause"}<//></td>
                  </tr>
            `
          )}</tbody>
        </table>
      </div>
      ${more > 0 && html`
        <p>… and <${Link} to="/queues">${number(more)} more queues<//></p>
      `}
    </section>
  `;
}

function Workers({ workers, pending }) {
  if (workers.length === 0) {
    return html`
      <section>
        <h2>Workers</h2>
        <${Empty}>No worker is running${pending > 0 ? `, and ${number(pending)} pending` : ""}.
            Start some with <code>queuectl worker start --count 2 --detach</code>.<//></section>
    `;
  }
  const several = new Set(workers.map(({ host }) => host)).size > 1;
  return html`
    <section>
      <h2>Workers</h2>
      <div class="scroll">
        <table>
          <thead>
            <tr>
              ${several && html`
                <th>Host</th>
              `}
              <th>Worker</th>
              <th>State</th>
              <th>Runs</th>
              <th class="right">For</th>
            </tr>
          </thead>
          <tbody>${workers.map((worker) =>
            html`
              <tr key=${worker.id}>
                ${several && html`
                  <td>${worker.host}</td>
                `}
                <td>
                  <${Link} to="/workers">${worker.id}<//></td>
                    <td><span class=${`state ${worker.state}`}>${worker.state}</span></td>
                    <td>${worker.running.map((job) =>
                      html`
                        <div key=${job.id}>
                          <${Link} to=${`/jobs/${encodeURIComponent(job.id)}`}>${job.id}<//>
                                <code class="command">${visible(job.command)}</code></div>
                      `
                    )}</td>
                    <td class="right">${worker.running.map((job) =>
                      html`<div key=${job.id}>${duration(secondsBetween(job.started_at))}</div>`
                    )}</td>
                  </tr>
            `
          )}</tbody>
        </table>
      </div>
    </section>
  `;
}
