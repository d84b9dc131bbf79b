/** What stands beside a job's output: why it is not running, what it left, how it came to this, and how it is set. */
import { html, useState } from "./lib.js";
import { call, withQuery } from "./api.js";
import { FIELDS } from "./fields.js";
import { bytes, duration, localTime, secondsBetween, units, visible } from "./format.js";
import { Lazy } from "./lazy.js";
import { Link } from "./router.js";
import { Action, Facts, Time } from "./parts.js";
import { colourOf, linked, wordOf } from "./job_parts.js";
import { masked } from "./secrets.js";

/** The fields that are shown in ways of their own, and those that are not. */
const OWN_WAYS = "command id queue priority max_retries timeout run_at group unique_key label cwd env hold"
  .split(" ");
const OTHERS = FIELDS.filter(({ name, json }) => json !== null && !OWN_WAYS.includes(name));
const ENDED = ["completed", "dead", "cancelled", "skipped"];

export function Side({ job, chosen }) {
  const { result_size: result = null } = chosen ?? {};
  return html`
    <aside class="job-side" aria-label="About this job">
      <${Why} question="Why is it not running?" reasons=${job.waits_because} job=${job}/>
        <${Why} question="Why was it not run?" reasons=${job.not_run_because} job=${job}/>
        ${result !== null && html`
          <section>
            <h2>Result</h2>
            <${Result} key=${chosen.attempt} ...${{ id: job.id, attempt: chosen.attempt, size: result }} />
          </section>
        `}
        ${(job.label || job.unique_key) &&
          html`<${Lazy} ...${{
            ...{ file: "job_history", part: "History", what: "How others like it went" },
            props: { job },
          }} />`}
        <${Timeline} job=${job}/>
        <section><h2>Settings</h2>
          <${Facts} rows=${[
            ["Attempts", `${job.attempts} of at most ${job.max_retries + 1}`],
            ["Priority", job.priority || null],
            ["Timeout", job.timeout ? duration(job.timeout) : null],
            ["Runs at", ["scheduled", "failed"].includes(job.state) && html`<${Time} at=${job.run_at}/>`],
            ["Directory", job.cwd && html`<code>${visible(job.cwd)}</code>`],
            ["Environment", job.env && html`<${Environment} env=${job.env}/>`, true],
            ["Input", job.stdin_size !== null && html`<${Input} ...${job} />`],
            [
              "Checkpoint",
              job.checkpoint_size !== null && `${bytes(job.checkpoint_size)} for its next attempt`,
            ],
            [
              "Put off",
              job.snoozed_since && html`by itself, again and again since <${Time} at=${job.snoozed_since}/>`,
            ],
            ...OTHERS.map((field) => [field.title, shown(field, job[field.json])]),
          ]}/></section>
      </aside>
  `;
}

function Why({ question, reasons, job }) {
  if (reasons.length === 0) return null;
  return html`
    <section class="why">
      <h2>${question}</h2>
      <ul>${reasons.map((reason) => html`<li key=${reason}>${linked(reason, job)}</li>`)}</ul>
    </section>
  `;
}

function shown({ kind }, value) {
  if (kind.type === "size" && value !== null) return value === 0 ? "no limit" : bytes(value);
  if (!value) return null;
  if (kind.type === "duration") return duration(value);
  if (kind.type === "units") return units(value);
  if (kind.type === "time") return html`<${Time} at=${value}/>`;
  return kind.type === "flag" ? "yes" : visible(String(value));
}

/** What it reads may be anything: it is to be saved, not shown. */
function Input({ id, stdin_size: size }) {
  const address = `/api/v1/jobs/${encodeURIComponent(id)}/stdin`;
  return html`<a href=${address} download=${`${id}-stdin`}>${size} ${size === 1 ? "byte" : "bytes"}</a>`;
}

/** What an attempt left: shown on demand, as it may be large. */
function Result({ id, attempt, size }) {
  const [{ text, error }, setState] = useState({ text: null, error: null });
  const show = async () => {
    try {
      const { result, result_base64: base64 } = await call(
        "GET",
        `/jobs/${encodeURIComponent(id)}/result?attempt=${attempt}`,
      );
      setState({
        text: base64 ?? (typeof result === "string" ? result : JSON.stringify(result, null, 2)),
        error: null,
      });
    } catch ({ message }) {
      setState({ text: null, error: message });
    }
  };
  if (text !== null) return html`<pre tabindex="0" aria-label="Result">${visible(text)}</pre>`;
  return html`${error && html`<p class="problem" role="alert">${error}.</p>`}
    <${Action} reads run=${show}>${error ? "Try again" : `Show ${bytes(size)}`}<//>`;
}

/** Values of names that sound secret show only when asked for. */
function Environment({ env }) {
  const [open, setOpen] = useState(false);
  const hidden = Object.entries(env).some(([name, value]) => masked(name, value) !== value);
  return html`<div>${
    Object.entries(env).map(([name, value]) =>
      html`<div key=${name}><code>${name}=${visible(open ? value : masked(name, value))}</code></div>`
    )
  }
    ${
    hidden && html`<button type="button" onClick=${() =>
      setOpen(!open)}>${open ? "Hide" : "Show"} secrets</button>`
  }</div>`;
}

/** When it was enqueued, how long it waited, and each attempt, one after the other. */
function Timeline({ job }) {
  const steps = [{ key: "enqueued", text: "enqueued", at: job.created_at, kind: "pending" }];
  for (const one of job.history) {
    const where = `on ${one.host}${one.adopted_from ? `, adopted from ${one.adopted_from}` : ""}`;
    steps.push({
      key: `${one.attempt}s`,
      text: `attempt ${one.attempt}`,
      more: where,
      at: one.started_at,
      kind: "processing",
    });
    if (one.finished_at) {
      steps.push({ key: `${one.attempt}e`, text: wordOf(one), at: one.finished_at, kind: colourOf(one) });
    }
  }
  if (ENDED.includes(job.state) && job.finished_at && steps.at(-1).text !== job.state) {
    steps.push({ key: "end", text: job.state, at: job.finished_at, kind: job.state });
  }
  const left = Math.max(0, steps.length - MOST_STEPS);
  const shown = steps.map((step, n) => ({ ...step, detail: detailOf(step, steps[n - 1]) }))
    .filter((_, n) => n === 0 || n > left);
  return html`
    <section>
      <h2>What happened</h2>
      <ol class="timeline">${shown.map((step, n) =>
        html`<${Step} key=${step.key} ...${step} skipped=${n === 1 && left} />`
      )}</ol>
      <p class="who">
        <${Link} to=${withQuery("/audit", { about: job.id })}>Who changed it by these pages<//></p>
    </section>
  `;
}

/** Where that was, and how long it took to come to it. */
function detailOf({ more, at }, before) {
  const after = before && before.at !== at && `after ${duration(secondsBetween(before.at, at))}`;
  return [more, after].filter(Boolean).join(", ");
}

function Step({ text, at, kind, detail, skipped }) {
  const time = html`<time class="faint" datetime=${at} title=${localTime(at)}>${shortTime(at)}</time>`;
  return html`
    <li
      class=${kind}>${skipped > 0 &&
        html`<div class="faint">${skipped} steps not shown</div>`}<span>${text}</span> ${time}<span class="faint"> ${detail}</span></li>
  `;
}

const MOST_STEPS = 30;

const TIME = new Intl.DateTimeFormat(undefined, { timeStyle: "medium", hourCycle: "h23" });
const DAY_AND_TIME = new Intl.DateTimeFormat(undefined, {
  ...{ dateStyle: "short", timeStyle: "medium", hourCycle: "h23" },
});

/** The time of day; with the date where that is another one. */
function shortTime(at) {
  const time = new Date(at);
  const sameDay = time.toDateString() === new Date().toDateString();
  return (sameDay ? TIME : DAY_AND_TIME).format(time);
}
