/** The audit log: what was changed over HTTP, what was refused, and who got in or tried to. */
import { html } from "./lib.js";
import { useAnswer, withQuery } from "./api.js";
import { localTime, number, visible } from "./format.js";
import { Empty, Problem } from "./parts.js";
import { addressWith, go, Link } from "./router.js";

const KINDS = [
  { kind: "", name: "everything" },
  { kind: "change", name: "changes" },
  { kind: "refused", name: "refused" },
  { kind: "login", name: "logins" },
  { kind: "failed_login", name: "failed logins" },
];

const WORDS = {
  change: { word: "change", colour: "" },
  refused: { word: "refused", colour: "failed" },
  login: { word: "login", colour: "completed" },
  failed_login: { word: "failed login", colour: "dead" },
  left_out: { word: "left out", colour: "failed" },
};

export function Audit({ query }) {
  const { kind = "", address = "", about = "", before } = query;
  const { data: page, error } = useAnswer(
    withQuery("/audit", { kind, address, about, before, limit: 100 }),
    { every: 10_000, live: false, restless: () => true },
  );
  const set = (changes) => go(addressWith({ before: "", ...changes }), { replace: true });
  const filtered = kind !== "" || address !== "" || about !== "";
  return html`
    <h1>Audit log</h1>
    <form class="filters" onSubmit=${(event) => event.preventDefault()}>
      <span class="picker" role="group" aria-label="kind">${KINDS.map((one) =>
        html`
          <button key=${one.kind} type="button" aria-pressed=${one.kind === kind}
            onClick=${() => set({ kind: one.kind })}>${one.name}</button>
        `
      )}</span>
      <label>From <input key=${address} size="16" defaultValue=${address} placeholder="any address"
        onChange=${({ target }) => set({ address: target.value.trim() })}/></label>
      <label>About <input key=${`about ${about}`} size="20" defaultValue=${about} placeholder="any job, queue …"
        onChange=${({ target }) => set({ about: target.value.trim() })}/></label>
    </form>
    <${Problem} error=${error}/>
    ${page &&
      (page.entries.length === 0
        ? html`<${Empty}>${
          filtered
            ? html`There is nothing of that kind${
              page.before !== null ? " among the latest" : ""
            }. <${Link} to="/audit">Show everything<//>`
            : "Nothing was changed over HTTP yet."
        }<//>`
        : html`<${Lines} entries=${page.entries}/>`)}
    ${page && html`<nav class="pages" aria-label="Pages">
      ${before && html`<${Link} to=${addressWith({ before: "" })}>Latest<//>`}
      ${page.before !== null && html`<${Link} to=${addressWith({ before: page.before })}>Older<//>`}
    </nav>`}
  `;
}

/** How the sender said who it is. Who logs in has a token in the request itself. */
function howKnown({ kind, via }) {
  if (via === null || kind === "login" || kind === "failed_login") return "";
  return via === "nothing" ? " without a token" : ` by ${via}`;
}

/** So many jobs are named in a line. */
const NAMED = 3;

/** What it was done to, where the address of the request does not say so. */
function Changed({ jobs, more_jobs: beyond = 0, filter }) {
  if (filter) {
    const said = Object.entries(filter).map(([name, value]) => `${name} ${[value].flat().join(", ")}`);
    return html`<span class="faint">${
      said.length === 0 ? "all jobs" : `all of ${visible(said.join("; "))}`
    }</span>`;
  }
  if (!jobs) return null;
  const more = jobs.length - NAMED + beyond;
  return html`<span class="faint">${
    jobs.slice(0, NAMED).map((id) =>
      html`
        <${Link} key=${id} to=${`/jobs/${encodeURIComponent(id)}`}>${id}<//>
      `
    )
  }${more > 0 && `and ${number(more)} more`}</span>`;
}

function Lines({ entries }) {
  return html`
    <div class="scroll">
      <table class="audit cards">
        <thead>
          <tr>
            <th>When</th>
            <th>What</th>
            <th>Who</th>
            <th>Request</th>
            <th class="right">Answer</th>
          </tr>
        </thead>
        <tbody>${entries.map((one, n) => {
          const { word, colour } = WORDS[one.kind];
          return html`
            <tr key=${`${one.time} ${n}`}>
              <td class="nowrap"><time datetime=${one.time}>${localTime(one.time)}</time></td>
              <td><span class=${`state ${colour}`}>${word}</span></td>
              <td class="nowrap">${one.address !== null &&
                html`<${Link} to=${
                  addressWith({ address: one.address, before: "" })
                }>${one.address}<//>`}<span class="faint">${howKnown(one)}</span></td>
              <td class="wide">${one.left_out !== null
                ? `${number(one.left_out)} tries without a token had no line`
                : html`<code>${one.method} ${
                  one.path === null ? "?" : visible(one.path)
                }</code> <${Changed} ...${one} />`}</td>
              <td class="right">${one.status ?? ""}</td>
            </tr>
          `;
        })}</tbody>
      </table>
    </div>
  `;
}
