/** One queue: how deep it is, how it went, what fails, who serves it, and what can be set of it. */
import { html } from "./lib.js";
import { call, useAnswer, useLive, withQuery } from "./api.js";
import { compact, duration, number, secondsBetween, visible } from "./format.js";
import { JobTable } from "./job_table.js";
import { Charts } from "./overview.js";
import { Action, attempt, Empty } from "./parts.js";
import { failShare, keptText, needsText, PauseQueue, queuePath, rulesText } from "./queue_table.js";
import { ClearQueue, NoQueue, waitingIn } from "./queues.js";
import { useRights } from "./rights.js";
import { go, Link } from "./router.js";
import { changeGroup, DELETE, RETRY } from "./troubles.js";

const RANGES = ["hour", "day", "week"];
const PERCENTILES = ["p50", "p95", "p99"];
const SHOWN = 10;

export function Queue({ name, query }) {
  const range = RANGES.includes(query.range) ? query.range : "hour";
  const percentile = PERCENTILES.includes(query.percentile) ? query.percentile : "p95";
  const { data: queue, error } = useAnswer(queuePath(name), { every: 15_000 });
  const series = useAnswer(withQuery("/metrics/series", { range, queue: name }), { every: 15_000 }).data;
  const dead = useAnswer(withQuery("/dlq/groups", { queue: name, limit: SHOWN }), { every: 15_000 });
  const running = useAnswer(withQuery("/jobs", { queue: name, state: "processing", limit: SHOWN })).data;
  const next =
    useAnswer(withQuery("/jobs", { queue: name, state: "pending", sort: "priority", limit: SHOWN })).data;
  if (!queue) {
    return html`
      <h1>${name}</h1>
      ${error ? html`<${NoQueue} error=${error}/>` : html`<p class="faint">Loading …</p>`}
    `;
  }
  return html`
    <div class="bar">
      <h1>${name}${queue.paused && html`
        <span class="tag warn">paused</span>
      `}</h1>
      <${PauseQueue} ...${queue} />
      <${ClearQueue} queue=${queue} gone=${() => go("/queues")}/>
        </div>
        <${Tiles} queue=${queue}/>
          <div class="panels">
      ${series && html`
        <${Charts} ...${{ series, range, percentile }} />
      `}
      <${Set} key=${`${queue.concurrency} ${queue.retention} ${queue.retention_dead} ${
        rulesText(queue).join()
      }`} queue=${queue}/>
    </div>
    ${dead.data?.total > 0 && html`
      <${Died} ...${{ ...dead.data, name, reload: dead.reload }} />
    `}
    ${running?.jobs.length > 0 && html`
      <section>
        <h2>Running</h2>
        <${JobTable} jobs=${running.jobs}/>
          </section>
    `}
    ${next?.jobs.length > 0 && html`
      <section>
        <h2>Next</h2>
        <${JobTable} jobs=${next.jobs}/>
        ${queue.counts.pending > next.jobs.length && html`
          <p class="faint">
            <${Link} to=${withQuery("/jobs", {
              queue: name,
              state: "pending",
            })}>All ${number(queue.counts.pending)} pending<//></p>
        `}</section>
    `}
    ${waitingIn(queue) + queue.counts.processing + queue.counts.dead === 0 &&
      html`<${Empty}>Nothing waits, runs or is dead here.<//>`}
    <${Workers} name=${name}/>
  `;
}

function Tiles({ queue }) {
  const { name, counts, concurrency, oldest_pending_at: oldest, died, workers } = queue;
  const share = failShare(queue);
  const done = queue.completed.reduce((sum, n) => sum + n, 0);
  const of = (state) => withQuery("/jobs", { queue: name, state });
  const tiles = [
    {
      ...{ to: of("pending"), state: "pending", value: compact(waitingIn(queue)), name: "waiting" },
      more: oldest && `oldest ${duration(secondsBetween(oldest))}`,
    },
    {
      ...{ to: of("processing"), state: "processing", value: compact(counts.processing), name: "running" },
      more: concurrency === null ? "no limit" : `of ${number(concurrency)} at a time`,
    },
    {
      ...{ to: of("completed"), state: "completed", value: compact(counts.completed), name: "completed" },
      more: done > 0 && `${Number((done / 60).toPrecision(2))}/min in the last hour`,
    },
    {
      ...{ to: of("failed"), state: "failed", name: "fail" },
      value: share === null ? "–" : `${Number((share * 100).toPrecision(2))} %`,
      more: "of attempts in the last hour",
    },
    {
      ...{ to: of("pending"), state: "scheduled", value: duration(queue.wait_p95), name: "wait, p95" },
      more: "in the last hour",
    },
    {
      ...{
        to: withQuery("/dead", { queue: name }),
        state: "dead",
        value: compact(counts.dead),
        name: "dead",
      },
      more: died > 0 && `+${number(died)} in the last hour`,
    },
    {
      ...{
        to: "/workers",
        state: workers === 0 ? "dead" : "idle",
        value: number(workers),
        name: "workers serve it",
      },
      more: workers === 0 && "nobody takes its jobs",
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
    )}</ul>
  `;
}

/** What can be set of it. */
function Set({ queue }) {
  const { readOnly } = useRights();
  const { name } = queue;
  const save = async (event) => {
    event.preventDefault();
    const form = new FormData(event.target);
    const text = (field) => form.get(field).trim();
    const change = {
      concurrency: text("limit") === "" ? null : Number(text("limit")),
      retention: text("retention") || null,
      retention_dead: text("retention_dead") || null,
      needs: text("needs") || null,
      per_label: text("per_label") === "" ? null : Number(text("per_label")),
      rate: text("rate") || null,
      ...text("rate") !== "" && { smooth: form.has("smooth") },
      fair: form.has("fair") ? "label" : null,
      aging: text("aging") || null,
    };
    await attempt(() => call("PATCH", queuePath(name), change), `Set queue "${name}"`);
  };
  return html`
    <section class="panel padded" aria-labelledby="set">
      <h2 id="set">Switches</h2>
      <form class="fields one" onSubmit=${save}>
        <fieldset disabled=${readOnly}>
        <label>Limit <span class="hint">jobs that run at a time, over all workers</span>
          <input name="limit" type="number" min="1" defaultValue=${queue.concurrency ??
            ""} placeholder="no limit"/></label>
        <label>Keep ended jobs for <span class="hint">such as 7d; 0 is for ever</span>
          <input name="retention" defaultValue=${keptText(
            queue.retention,
          )} placeholder="as the setting says"/></label>
        <label>Keep dead jobs for <span class="hint">such as 30d; 0 is for ever</span>
          <input name="retention_dead" defaultValue=${keptText(
            queue.retention_dead,
          )} placeholder="as the setting says"/></label>
        <label>Each job needs <span class="hint">units of limits and things, such as api, gpu=2</span>
          <input name="needs" defaultValue=${needsText(queue.needs)} placeholder="nothing"/></label>
        <label>Per label <span class="hint">jobs of one label that run at a time</span>
          <input name="per_label" type="number" min="1" defaultValue=${queue.per_label ??
            ""} placeholder="no limit"/></label>
        <label>Rate <span class="hint">jobs that begin in so much time, such as 60/1m</span>
          <input name="rate" defaultValue=${queue.rate ?? ""} placeholder="no limit"/></label>
        <label class="check"><input type="checkbox" name="smooth" defaultChecked=${queue
          .smooth}/> spaced evenly</label>
        <label class="check"><input type="checkbox" name="fair" defaultChecked=${queue.fair !==
          null}/> labels take turns</label>
        <label>Aging <span class="hint">so much more waiting, such as 10m, counts as a step of priority</span>
          <input name="aging" defaultValue=${queue.aging === null
            ? ""
            : keptText(queue.aging)} placeholder="none"/></label>
        ${!readOnly && html`<div class="buttons"><button type="submit">Save</button></div>`}
      </fieldset>
      </form>
    </section>
  `;
}

function Died({ groups, more_groups: more, name, reload }) {
  const change = async (group, how) => {
    await changeGroup(group, how);
    reload();
  };
  return html`
    <section><h2>What its dead jobs died of</h2>
      <ul class="plain rows">${groups.map((group) =>
        html`
          <li key=${group.died_of}><b class="dead">${number(group.count)}</b>
            <span class="grow"><${Link} class="code" to=${withQuery("/dead", {
              queue: name,
              died_of: group.died_of,
            })}>${visible(group.died_of)}<//></span>
            <span class="nowrap"><${Action} run=${() => change(group, RETRY)}>Retry<//>
              <${Action} kind="danger" run=${() => change(group, DELETE)}>Delete<//></span></li>
        `
      )}</ul>
      ${more > 0 && html`
        <p class="faint">
          <${Link} to=${withQuery("/dead", { queue: name })}>${number(more)} more kinds<//></p>
      `}
    </section>
  `;
}

/** Those that take its jobs. */
function Workers({ name }) {
  const { status } = useLive();
  const serving = (status?.workers ?? []).filter(({ queues, state }) =>
    (state === "working" || state === "idle") && (queues?.includes(name) ?? true)
  );
  if (serving.length === 0) return null;
  return html`
    <section>
      <h2>Workers that serve it</h2>
      <ul class="plain rows">${serving.map((worker) =>
        html`
          <li key=${worker.id}>
            <${Link} to="/workers">${worker.id}<//>
            <span class=${`state ${worker.state}`}>${worker.state}</span>
            <span class="grow faint">${worker.queues === null
              ? "all queues"
              : worker.queues.join(", ")}</span>
            <span class="faint nowrap">${number(worker.slots)} at a time on ${worker.host}</span></li>
        `
      )}</ul>
    </section>
  `;
}
