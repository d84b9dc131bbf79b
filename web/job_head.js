/** A job at a glance: its name, how it stands in one line, what it runs, and what is asked for most. */
import { html } from "./lib.js";
import { withQuery } from "./api.js";
import { bytes, duration, visible } from "./format.js";
import { Facts, Progress, State, Time, Took } from "./parts.js";
import { ordinal, wordOf } from "./job_parts.js";
import { Link } from "./router.js";

export function Head({ job, chosen, children }) {
  return html`
    <section class="job-head">
      <div class="job-line">
          <h1>${job.id} <${State} ...${job}/></h1>
          <p class="job-sum">${sum(job, chosen).map((part, n) => html`<span key=${n}>${part}</span>`)}</p>
          ${children}
        </div>
      <pre class="command" tabindex="0" aria-label="Command">${visible(job.command)}</pre>
      <${Facts} rows=${[
        ["Queue", html`<${Link} to=${`/queues/${encodeURIComponent(job.queue)}`}>${job.queue}<//>`],
        [
          "Group",
          job.group && html`<${Link} to=${`/groups/${encodeURIComponent(job.group)}`}>${job.group}<//>`,
        ],
        [
          "Label",
          job.label &&
          html`<${Link} to=${withQuery("/jobs", { label: job.label })}>${visible(job.label)}<//>`,
        ],
        [
          "Key",
          job.unique_key &&
          html`<${Link} to=${withQuery("/jobs", { unique_key: job.unique_key })}>${
            visible(job.unique_key)
          }<//>`,
        ],
        [
          "Where",
          chosen && html`${chosen.host} · ${chosen.worker}${
            chosen.adopted_from && html`
              <span class="tag" title=${`started by ${chosen.adopted_from}`}>adopted</span>
            `
          }`,
        ],
        ["CPU, memory", chosen && usage(chosen)],
        [
          "Progress",
          (chosen && (chosen.progress !== null || chosen.progress_text !== null)) && html`
            <${Progress} ...${chosen} />
          `,
        ],
        ["Needs", job.needs && html`<${Needs} ...${job.needs} />`],
        [
          "Then",
          job.dependents > 0 &&
          `${job.dependents} ${job.dependents === 1 ? "job waits" : "jobs wait"} for it`,
        ],
        ["Paused", job.paused_since && html`<${Paused} ...${job} />`],
      ]}/>
        </section>
  `;
}

/** How it stands, part by part: how it ended, which attempt of how many, how long it took, what comes next. */
function sum(job, chosen) {
  if (!chosen) return [job.state === "scheduled" && html`runs <${Time} at=${job.run_at}/>`].filter(Boolean);
  const { started_at: from, finished_at: to, attempt, outcome } = chosen;
  const most = job.max_retries + 1;
  return [
    outcome !== null && outcome !== "completed" && html`<strong class="dead">${wordOf(chosen)}</strong>`,
    most > 1 && `${ordinal(attempt)} of ${Math.max(most, job.history.length)} attempts`,
    [to ? "took " : "runs for ", html`<${Took} ...${{ from, to }} />`],
    job.state === "failed" && html`next attempt <${Time} at=${job.run_at}/>`,
    job.state === "scheduled" && html`runs again <${Time} at=${job.run_at}/>`,
    to && html`ended <${Time} at=${to}/>`,
  ].filter(Boolean);
}

/** What an attempt has taken of the machine, as far as that is known. */
function usage({ cpu_used: cpu, memory_used: memory, peak_memory: peak }) {
  return [
    cpu !== null && duration(cpu),
    memory !== null && `${bytes(memory)} now`,
    peak !== null && `${bytes(peak)} at most`,
  ].filter(Boolean).join(" · ");
}

/** The jobs it comes after, those that keep it from running first. */
function Needs({ any, count, jobs, groups }) {
  const named = jobs.length + groups.length;
  return html`${any && count > 1 && "any of "}${
    groups.map(({ name, state, wanting }, n) =>
      html`${n > 0 && ", "}group <${Link} key=${name} to=${`/groups/${
        encodeURIComponent(name)
      }`}>${name}<//> ${state ?? "gone"}${wanting !== "completed" && ` (${wanting})`}`
    )
  }${groups.length > 0 && jobs.length > 0 && ", "}${
    jobs.map(({ id, state, wanting }, n) =>
      html`${n > 0 && ", "}<${Link} key=${id} to=${`/jobs/${encodeURIComponent(id)}`}>${id}<//> ${
        state ? html`<span class=${state}>${state}</span>` : "gone"
      }${wanting !== "completed" && ` (${wanting})`}`
    )
  }${count > named && ` and ${count - named} more`}`;
}

/** Since when its processes stand still, or that they do not yet. */
function Paused({ paused_since: since, history }) {
  const { unstopped } = history.at(-1);
  return html`<${Time} at=${since}/>${unstopped === null && ", its processes have yet to be stopped"}${
    unstopped > 0 && `, but ${unstopped} of its processes could not be stopped`
  }`;
}
