/** One job: how it stands, what it prints, and beside that what it is, how it came to this, and what can be done to it. */
import { html, useState } from "./lib.js";
import { useAnswer } from "./api.js";
import { Actions } from "./job_actions.js";
import { Attempts } from "./job_attempts.js";
import { Head } from "./job_head.js";
import { Side } from "./job_side.js";
import { Lazy } from "./lazy.js";
import { Output } from "./output.js";
import { Empty, Loading, localClock } from "./job_parts.js";
import { Link } from "./router.js";

/** It is not shown without its stylesheet. */
export { styled as ready } from "./job_style.js";

export function Job({ id, query }) {
  const path = `/jobs/${encodeURIComponent(id)}`;
  const { data: job, error, passing, reload } = useAnswer(path);
  const [editing, setEditing] = useState(false);
  if (!job) {
    return html`
      <h1>Job ${id}</h1>
      ${error && !passing
        ? html`<${Empty}>${error}. <${Link} to="/jobs">All jobs<//><//>`
        : html`<${Loading} error=${error} again=${reload} />`}
    `;
  }
  const last = job.history.at(-1)?.attempt ?? 0;
  const attemptOf = (number) => job.history.find(({ attempt }) => attempt === Number(number));
  const chosen = attemptOf(query.attempt) ?? job.history.at(-1);
  const { with: other } = query;
  const compared = other ? undefined : attemptOf(query.compare);
  const isGone = error !== null && !passing;
  return html`
    ${error && html`<p class="job-banner" role="alert">${
      isGone
        ? html`
          This job is not there any more: ${lower(error)}. What is shown is what was known last. <${Link}
            to="/jobs">All jobs<//>
        `
        : `${error}. What is shown may be old; it is tried again.`
    }</p>`}
    <${Head} ...${{ job, chosen }}>
      ${!isGone &&
        html`<${Actions} ...${{ job, path, reload, editing, edit: () => setEditing(!editing) }} />`}
    <//>
    ${editing && html`<${Lazy} ...${{
      ...{ file: "job_edit", part: "Edit", what: "The form" },
      props: { job, path, reload, close: () => setEditing(false) },
    }} />`}
    <div class="job-body">
      <div class="job-output">${chosen
        ? html`
          <${Attempts} ...${{ job, chosen, compared, other }} />
          ${other || compared && compared !== chosen
            ? html`<${Lazy} key=${`${other ?? compared.attempt} ${chosen.attempt}`} ...${{
              ...{ file: "difference", part: "Difference", what: "The difference" },
              props: {
                job,
                attempt: chosen.attempt,
                before: { id: other ?? job.id, attempt: compared?.attempt },
              },
            }} />`
            : html`<${Output} key=${chosen.attempt} ...${{
              id: job.id,
              attempt: chosen.attempt,
              end: endOf(chosen, last),
            }} />`}
        `
        : html`<${Empty}>It has not run yet, so it has printed nothing.<//>`}</div>
      <${Side} ...${{ job, chosen }} />
    </div>
    ${(job.needs || job.dependents > 0) && html`<${Lazy} ...${{
      ...{ file: "graph", part: "Graph", what: "The graph of what it needs" },
      props: { path, id: job.id },
    }} />`}
  `;
}

function lower(sentence) {
  return sentence.charAt(0).toLowerCase() + sentence.slice(1);
}

/** How an attempt ended, as the last line below its output. */
function endOf({ finished_at: at, outcome, exit_code: code, signal }) {
  if (!at) return null;
  const how = signal ? `by ${signal}` : code !== null ? `with exit code ${code}` : "";
  return `${outcome.replace("_", " ")} ${localClock(at)} ${how}`;
}
