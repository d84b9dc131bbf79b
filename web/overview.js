/** The whole at a glance: first what is wrong, then figures, what runs, charts, and the queues with trouble. */
import { html, useMemo } from "./lib.js";
import { useAnswer, useLive, withQuery } from "./api.js";
import { Chart } from "./chart.js";
import { bytes, compact, duration, number, visible } from "./format.js";
import { Done } from "./groups.js";
import { Age, Empty, Lasts, Loading, Problem, Progress } from "./parts.js";
import { QueueTable } from "./queue_table.js";
import { addressWith, go, Link } from "./router.js";
import { Troubles } from "./troubles.js";

const RANGES = ["hour", "day", "week"];
const PERCENTILES = ["p50", "p95", "p99"];
/** With less room than this, what is kept for a full disk may be needed soon. */
const LITTLE_BYTES = 1e9;

export function Overview({ query }) {
  const { status, connected } = useLive();
  const range = RANGES.includes(query.range) ? query.range : "hour";
  const percentile = PERCENTILES.includes(query.percentile) ? query.percentile : "p95";
  const queues = useAnswer("/troubled-queues?limit=20", { every: 15_000 }).data;
  const figures = useAnswer("/metrics", { every: 15_000, live: false }).data;
  const store = useAnswer("/store", { every: 15_000, live: false }).data;
  const series = useAnswer(withQuery("/metrics/series", { range }), { every: 15_000 });
  if (!status) {
    return html`
      <h1 class="sr-only">Overview</h1>
      <${Loading} error=${connected ? null : "The server cannot be reached"} />
    `;
  }
  const total = Object.values(status.counts).reduce((sum, count) => sum + count, 0);
  return html`
    <h1 class="sr-only">Overview</h1>
    <${Troubles} troubles=${[...status.troubles, ...troublesOf(store)]}/>
    <${Tiles} ...${{ status, hour: figures?.last_hour, queues: queues?.queues ?? [] }} />
    ${total === 0 &&
      html`<${Empty}>Nothing has been queued yet. <${Link} to="/enqueue">Enqueue a job<//>, or type <code>queuectl enqueue 'echo hello'</code>.<//>`}
    <${Problem} error=${series.error}/>
    <div class="panels">
      ${total > 0 && series.data && html`
        <${Charts} ...${{ series: series.data, range, percentile }} />
      `}
      <${Running} workers=${status.workers} processing=${status.counts.processing}/>
    </div>
    ${queues && queues.of > 0 && html`
      <section>
        <h2>Queues</h2>
        <${QueueTable} queues=${queues.queues}/>
        ${queues.of > queues.queues.length && html`
          <p class="faint">Those with trouble come first. <${Link} to="/queues">All ${number(
            queues.of,
          )} queues<//></p>
        `}
      </section>
    `}
    ${status.groups.length > 0 && html`
      <${OpenGroups} groups=${status.groups} more=${status.more_groups}/>
    `}
    ${store && html`<${Store} store=${store}/>`}
  `;
}

function troublesOf(store) {
  if (!store || store.free === null || store.free >= LITTLE_BYTES) return [];
  return [{
    kind: "disk",
    queue: null,
    died_of: null,
    says: `Only ${bytes(store.free)} are free where the store is`,
  }];
}

/** The figures that say how things are. */
function Tiles({ status: { counts, workers }, hour, queues }) {
  const waiting = counts.pending + counts.scheduled + counts.failed + counts.blocked;
  const oldest = queues.map((queue) => queue.oldest_pending_at).filter((at) => at !== null).sort()[0];
  const slots = workers.reduce((sum, worker) => sum + worker.slots, 0);
  const hosts = new Set(workers.map(({ host }) => host)).size;
  const said = (...parts) => {
    const there = parts.filter(Boolean);
    return there.length > 0 && there.map((part, n) => [n > 0 && " · ", part]);
  };
  const failed = hour ? hour.failed + hour.timed_out + hour.lost : 0;
  const rate = (count) => `${Number((count / 60).toPrecision(2))}/min`;
  const tiles = [
    {
      to: "/jobs?state=pending&sort=priority", // what is next comes first
      state: "pending",
      value: compact(waiting),
      name: "waiting",
      more: said(
        oldest && ["oldest ", html`<${Age} at=${oldest}/>`],
        counts.scheduled > 0 && `${compact(counts.scheduled)} scheduled`,
        counts.blocked > 0 && `${compact(counts.blocked)} blocked`,
        counts.failed > 0 && `${compact(counts.failed)} to be tried again`,
      ),
    },
    {
      to: "/jobs?state=processing",
      state: "processing",
      value: compact(counts.processing),
      name: "running",
      more: slots > 0 && `of ${number(slots)} at a time${hosts > 1 ? `, ${hosts} hosts` : ""}`,
    },
    {
      to: "/jobs?state=completed",
      state: "completed",
      value: compact(counts.completed),
      name: "completed",
      more: hour?.completed > 0 && `${rate(hour.completed)} in the last hour`,
    },
    {
      to: "/jobs?state=failed",
      state: "failed",
      value: hour && hour.success_rate !== null ? percent(1 - hour.success_rate) : "–",
      name: "fail",
      more: failed > 0 && `${rate(failed)} in the last hour`,
    },
    {
      to: "/queues",
      state: "scheduled",
      value: hour ? duration(hour.wait.p95) : "–",
      name: "wait, p95",
      more: hour && hour.wait.p50 !== null &&
        `p50 ${duration(hour.wait.p50)} · p99 ${duration(hour.wait.p99)}`,
    },
    {
      to: "/dead",
      state: "dead",
      value: compact(counts.dead),
      name: "dead",
      more: hour?.dead > 0 && `+${number(hour.dead)} in the last hour`,
    },
  ];
  return html`
    <ul class="tiles">${tiles.map(({ to, state, value, name, more }) =>
      html`
        <li key=${name}>
          <${Link} to=${to}
            class=${`tile ${state}`}><strong>${value}</strong><span>${name}</span><small>${more ||
              " "}</small><//></li>
      `
    )}
    </ul>
  `;
}

/** `1.8 %`. */
function percent(share) {
  return `${Number((share * 100).toPrecision(2))} %`;
}

/** Jobs that are shown; the others are a number. */
const MOST_RUNNING = 8;

/** What runs, the longest first. */
function Running({ workers, processing }) {
  const several = new Set(workers.map(({ host }) => host)).size > 1;
  const running = workers.flatMap((worker) => worker.running.map((job) => ({ ...job, host: worker.host })))
    .sort((a, b) => a.started_at < b.started_at ? -1 : 1);
  return html`
    <section class="panel" aria-labelledby="running">
      <h2 id="running">Running now <span class="faint">${number(processing)}</span></h2>
      ${running.length === 0
        ? html`<p class="faint nothing">${
          workers.length === 0
            ? html`No worker is running. Start some with <code>queuectl worker start --count 2 --detach</code>`
            : "Every worker is idle."
        }</p>`
        : html`<ul class="plain rows">${
          running.slice(0, MOST_RUNNING).map((job) =>
            html`
              <li key=${job.id}>
                <${Link} to=${`/jobs/${encodeURIComponent(job.id)}`}>${job.id}<//>
                <span class="grow">${job.progress !== null || job.progress_text !== null
                  ? html`
                    <${Progress} ...${job} />
                  `
                  : html`<code class="command">${visible(job.command)}</code>`}</span>
                <span class="faint nowrap">${job.paused_since
                  ? "paused"
                  : html`<${Lasts} from=${job.started_at}/>`}${several ? ` · ${job.host}` : ""}</span></li>
            `
          )
        }</ul>`}
      ${running.length > MOST_RUNNING && html`
        <p class="faint">
          <${Link} to="/jobs?state=processing">${number(processing - MOST_RUNNING)} more<//></p>
      `}
    </section>
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

/** A choice that is a part of the address. */
export function Picker({ name, values, current }) {
  return html`<span class="picker" role="group" aria-label=${name}>${
    values.map((value) =>
      html`
        <button key=${value} type="button" aria-pressed=${value === current}
          onClick=${() => go(addressWith({ [name]: value }), { replace: true })}>${value}</button>
      `
    )
  }</span>`;
}

/** What ended, what was enqueued, and how long jobs waited and ran. */
export function Charts({ series: { points }, range, percentile }) {
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
      { label: "enqueued", colour: "pending", own: true, values: points.map((point) => point.enqueued) },
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
  return html`
    <section class="panel padded charts" aria-label="Charts">
      <div class="pickers">
        <${Picker} ...${{ name: "range", values: RANGES, current: range }} />
        <${Picker} ...${{ name: "percentile", values: PERCENTILES, current: percentile }} />
      </div>
      <${Chart} key=${`t-${range}`} title=${`Attempts by ${range === "hour" ? "minute" : "hour"}`}
        none="Nothing ran or was enqueued in this time." ...${{ times, lines: throughput }} />
      <${Chart} key=${`w-${range}`} title="Waiting and running times" unit="s"
        none="Nothing ran in this time." ...${{ times, lines: waits }} />
    </section>
  `;
}
