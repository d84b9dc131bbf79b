/** One job: what it is, how it went, what it prints, and what can be done to it. */
import { h, html, useEffect, useState } from "./lib.js";
import { call, useAnswer, withQuery } from "./api.js";
import { FIELDS } from "./fields.js";
import { bytes, duration, secondsBetween, visible } from "./format.js";
import { Output } from "./output.js";
import { Action, ask, attempt, Empty, Facts, Progress, State, Time, withoutWorker } from "./parts.js";
import { addressWith, go, Link } from "./router.js";

/** The fields that are shown in ways of their own, and those that are not. */
const OWN_WAYS = "command id queue priority max_retries timeout run_at group unique_key label cwd env hold"
  .split(" ");
const OTHERS = FIELDS.filter(({ name, json }) => json !== null && !OWN_WAYS.includes(name));

const WAITING = ["blocked", "pending", "scheduled", "failed"];
const ENDED = ["completed", "dead", "cancelled", "skipped"];

export function Job({ id, query }) {
  const path = `/jobs/${encodeURIComponent(id)}`;
  const { data: job, error, reload } = useAnswer(path);
  if (!job) {
    return error
      ? html`
        <h1>Job ${id}</h1>
        <${Empty}>${error}. <${Link} to="/jobs">All jobs<//><//>
      `
      : html`<p class="faint">Loading …</p>`;
  }
  const last = job.history.at(-1)?.attempt ?? 0;
  const chosen = job.history.some(({ attempt }) => attempt === Number(query.attempt))
    ? Number(query.attempt)
    : last;
  const { result_size: result = null, note = null } = job.history.find(({ attempt }) => attempt === chosen) ??
    {};
  return html`
    <h1>Job ${job.id} <${State} ...${job}/></h1>
    <${Actions} ...${{ job, path, reload }} />
    ${job.waits_because.length > 0 && html`
      <section class="why">
        <h2>Why is it not running?</h2>
        <ul>${job.waits_because.map((reason) => html`<li key=${reason}>${linked(reason, job)}</li>`)}</ul>
      </section>
    `}
    ${job.not_run_because.length > 0 && html`
      <section class="why">
        <h2>Why was it not run?</h2>
        <ul>${job.not_run_because.map((reason) => html`<li key=${reason}>${linked(reason, job)}</li>`)}</ul>
      </section>
    `}
    <pre class="command" aria-label="Command">${visible(job.command)}</pre>
    <${Facts} rows=${[
      ["Queue", html`<${Link} to=${withQuery("/jobs", { queue: job.queue })}>${job.queue}<//>`],
      [
        "Group",
        job.group && html`<${Link} to=${`/groups/${encodeURIComponent(job.group)}`}>${job.group}<//>`,
      ],
      [
        "Label",
        job.label && html`<${Link} to=${withQuery("/jobs", { label: job.label })}>${visible(job.label)}<//>`,
      ],
      [
        "Key",
        job.unique_key && html`<${Link} to=${withQuery("/jobs", { unique_key: job.unique_key })}>${
          visible(
            job.unique_key,
          )
        }<//>`,
      ],
      ["Needs", job.needs && html`<${Needs} ...${job.needs} />`],
      ["Priority", job.priority || null],
      ["Attempts", `${job.attempts} of at most ${job.max_retries + 1}`],
      ["Timeout", job.timeout ? duration(job.timeout) : null],
      ["Runs at", ["scheduled", "failed"].includes(job.state) && html`<${Time} at=${job.run_at}/>`],
      [
        "Progress",
        (job.progress !== null || job.progress_text !== null) && html`
          <${Progress} ...${job} />
        `,
      ],
      [
        "Paused",
        job.paused_since && html`
          <${Paused} ...${job} />
        `,
      ],
      ["Error", job.error && visible(job.error)],
      ["Directory", html`<code>${visible(job.cwd)}</code>`],
      ["Environment", job.env && html`<${Environment} env=${job.env}/>`],
      [
        "Input",
        job.stdin_size !== null && html`
          <${Input} ...${job} />
        `,
      ],
      [
        "Result",
        result !== null && html`
          <${Result} ...${{ id: job.id, attempt: chosen, size: result }} />
        `,
      ],
      ["Checkpoint", job.checkpoint_size !== null && `${bytes(job.checkpoint_size)} for its next attempt`],
      [
        "Put off",
        job.snoozed_since && html`by itself, again and again since <${Time} at=${job.snoozed_since}/>`,
      ],
      ["Note", note && visible(note)],
      ...OTHERS.map((field) => [field.title, shown(field, job[field.json])]),
    ]}/>
    ${(job.needs || job.dependents > 0) && html`<${LazyGraph} ...${{ path, id: job.id }} />`}
    <${Timeline} job=${job}/>
    ${job.history.length > 0 && html`
      <${Attempts} ...${{ job, chosen }} />
      <${Output} key=${chosen} ...${{ id: job.id, attempt: chosen, last }} />
    `}
  `;
}

/** A sentence in which the jobs that this one needs are links. */
function linked(sentence, { needs }) {
  const ids = new Set(needs?.jobs.map(({ id }) => id));
  return sentence.split(/([\w.:-]+)/).map((word, n) =>
    ids.delete(word) ? html`<${Link} key=${n} to=${`/jobs/${encodeURIComponent(word)}`}>${word}<//>` : word
  );
}

let graphPage;

/** The picture is fetched when a page first has one. */
function LazyGraph(props) {
  const [, draw] = useState(0);
  useEffect(() => {
    if (graphPage) return;
    import("./graph.js").then(({ Graph }) => {
      graphPage = Graph;
      draw((n) => n + 1);
    });
  }, []);
  return graphPage ? h(graphPage, props) : null;
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

function shown({ kind }, value) {
  if (kind.type === "size" && value !== null) return value === 0 ? "no limit" : bytes(value);
  if (!value) return null;
  if (kind.type === "duration") return duration(value);
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
  const [shown, setShown] = useState(null);
  const show = async () => {
    const address = `/jobs/${encodeURIComponent(id)}/result?attempt=${attempt}`;
    const { result, result_base64: base64 } = await call("GET", address);
    setShown(base64 ?? (typeof result === "string" ? result : JSON.stringify(result, null, 2)));
  };
  return shown === null
    ? html`<${Action} reads run=${show}>Show ${bytes(size)}<//>`
    : html`<pre aria-label="Result">${visible(shown)}</pre>`;
}

const SECRET = /secret|token|passw|key|credential|auth/i;

/** Values of names that sound secret show only when asked for. */
function Environment({ env }) {
  const [shown, setShown] = useState(false);
  const hidden = Object.keys(env).some((name) => SECRET.test(name));
  return html`<div>${
    Object.entries(env).map(([name, value]) =>
      html`<div key=${name}><code>${name}=${
        SECRET.test(name) && !shown ? "••••••" : visible(value)
      }</code></div>`
    )
  }
    ${
    hidden && html`<button type="button" onClick=${() =>
      setShown(!shown)}>${shown ? "Hide" : "Show"} secrets</button>`
  }</div>`;
}

/** When it was enqueued, how long it waited, and each attempt, one after the other. */
function Timeline({ job }) {
  const steps = [{ key: "enqueued", text: "enqueued", at: job.created_at, kind: "pending" }];
  for (const one of job.history) {
    steps.push({
      key: `${one.attempt}s`,
      text: `attempt ${one.attempt}`,
      at: one.started_at,
      kind: "processing",
    });
    if (one.finished_at) {
      const kind =
        { completed: "completed", cancelled: "cancelled", released: "pending", snoozed: "scheduled" }[
          one.outcome
        ] ??
          "failed";
      steps.push({ key: `${one.attempt}e`, text: one.outcome.replace("_", " "), at: one.finished_at, kind });
    }
  }
  if (ENDED.includes(job.state) && job.finished_at) {
    steps.push({ key: "end", text: job.state, at: job.finished_at, kind: job.state });
  }
  return html`
    <section>
      <h2>Timeline</h2>
      <ol class="timeline">${steps.map(({ key, text, at, kind }, n) =>
        html`<li key=${key} class=${kind}>
    <span>${text}</span> <${Time} at=${at}/>
    ${n > 0 && html`<span class="faint"> after ${duration(secondsBetween(steps[n - 1].at, at))}</span>`}</li>`
      )}</ol>
    </section>
  `;
}

function Attempts({ job, chosen }) {
  const hasProgress = job.history.some(({ progress, progress_text: text }) =>
    progress !== null || text !== null
  );
  const hasCpu = job.history.some(({ cpu_used: used }) => used !== null);
  return html`
    <section>
      <h2>Attempts</h2>
      <div class="scroll">
        <table>
          <thead>
            <tr>
              <th>#</th>
              <th>Outcome</th>
              <th>Started</th>
              <th class="right">Took</th>
              ${hasCpu && html`<th class="right">CPU</th>`}
              <th class="right">Exit</th>
              <th>Signal</th>
              <th>Worker</th>
              <th>Host</th>
              ${hasProgress && html`<th>Progress</th>`}
              <th>Error</th>
            </tr>
          </thead>
          <tbody>${job.history.map((one) =>
            html`
              <tr key=${one.attempt} aria-current=${one.attempt === chosen ? "true" : undefined}>
                <td>
                  <${Link} to=${addressWith({ attempt: one.attempt })}>${one.attempt}<//></td>
                    <td>${one.outcome?.replace("_", " ") ?? "running"}</td>
                    <td><${Time} at=${one.started_at}/></td>
                    <td class="right">${duration(
                      secondsBetween(one.started_at, one.finished_at),
                    )}</td>${hasCpu && html`
                      <td class="right">${one.cpu_used !== null && duration(one.cpu_used)}</td>
                    `}
                    <td class="right">${one.exit_code}</td><td>${one.signal}</td>
                    <td>${one.worker}${one.adopted_from && html`
                      <span class="tag" title=${`started by ${one.adopted_from}`}>adopted</span>
                    `}</td>
                    <td>${one.host}</td>${hasProgress && html`
                      <td>
                        <${Progress} ...${one} />
                      </td>
                    `}<td>${visible(one.error)}</td></tr>
            `
          )}</tbody>
        </table>
      </div>
    </section>
  `;
}

function Actions({ job, path, reload }) {
  const [editing, setEditing] = useState(false);
  const waits = WAITING.includes(job.state);
  const post = async (action, past) => {
    const said = ({ without_worker: alone, blocked, skipped }) => {
      if (alone) return withoutWorker(alone, job.id);
      if (skipped) return `${job.id} stays skipped: what it needs can no longer come`;
      return blocked ? `${job.id} waits again for what it needs` : `${past} ${job.id}`;
    };
    if (await attempt(() => call("POST", `${path}/${action}`), said)) reload();
  };
  const cancel = async () => {
    const running = job.state === "processing";
    const detail = running ? "Its processes are ended." : "";
    if (await ask(`Cancel job ${job.id}?`, { yes: "Cancel it", detail })) {
      await post("cancel", running ? "Told the worker to end" : "Cancelled");
    }
  };
  const remove = async () => {
    if (
      !await ask(`Delete job ${job.id}?`, { yes: "Delete it", detail: "Its attempts and output go, too." })
    ) return;
    if (await attempt(() => call("DELETE", path), `Deleted ${job.id}`)) go("/jobs");
  };
  const copy = () => go(withQuery("/enqueue", { from: job.id }));
  return html`<div class="bulk" role="group" aria-label="Actions">
    ${
    !waits && job.state !== "processing" || job.state === "failed"
      ? html`<${Action} run=${() =>
        post("retry", job.held ? "Queued again, and held until released:" : "Queued again:")}>Retry<//>`
      : null
  }
    ${(waits || job.state === "processing") && html`<${Action} kind="danger" run=${cancel}>Cancel<//>`}
    ${waits && !job.held && html`<${Action} run=${() => post("hold", "Held")}>Hold<//>`}
    ${waits && job.held && html`<${Action} run=${() => post("release", "Released")}>Release<//>`}
    ${
    job.state === "processing" && (job.paused_since
      ? html`<${Action} run=${() =>
        post("resume", "Told the worker to let go on")}>Resume<//>`
      : html`<${Action} run=${() => post("pause", "Told the worker to pause")}>Pause<//>`)
  }
    ${waits && html`<${Action} aria-expanded=${editing} run=${() => setEditing(!editing)}>Edit<//>`}
    <${Action} run=${copy}>Enqueue a copy<//>
    ${job.state !== "processing" && html`<${Action} kind="danger" run=${remove}>Delete<//>`}
  </div>
  ${
    editing && waits && html`
      <${Edit} ...${{
        job,
        path,
        done: () => {
          setEditing(false);
          reload();
        },
      }} />
    `
  }`;
}

const EDITED = FIELDS.filter(({ editable, hint }) => editable && hint !== null);

function Edit({ job, path, done }) {
  const submit = async (event) => {
    event.preventDefault();
    const form = new FormData(event.target);
    const body = { command: form.get("command") };
    for (const { name, json, kind, optional } of EDITED) {
      const text = form.get(name);
      if (text === "" && kind.clears && job[json] !== null) body[name] = "default";
      if (optional && text === "") continue; // it stays as it is
      body[name] = kind.type === "integer" ? Number(text) : text;
    }
    if (await attempt(() => call("PATCH", path, body), `Changed ${job.id}`)) done();
  };
  return html`
    <form class="fields" onSubmit=${submit}>
      <label class="wide">Command <textarea name="command" rows="3" required>${job.command}</textarea></label>
      ${EDITED.map(({ name, json, title, kind, optional }) =>
        html`<label key=${name}>${title} <input name=${name} defaultValue=${
          job[json] ?? ""
        } required=${!optional}
        type=${kind.type === "integer" ? "number" : undefined} min=${kind.min} max=${kind.max}
        placeholder=${name === "delay" ? "from now; 0 is at once" : undefined}/></label>`
      )}
      <div class="buttons"><button type="submit" class="primary">Save</button></div>
    </form>
  `;
}
