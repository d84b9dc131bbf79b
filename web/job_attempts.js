/** The attempts of a job as tabs, and what is to be said of the one that is chosen. */
import { html, useEffect, useRef } from "./lib.js";
import { visible } from "./format.js";
import { addressWith, go, Link } from "./router.js";
import { colourOf, wordOf } from "./job_parts.js";

/** More attempts than this are in a list instead: the last ones are tabs. */
const MOST_TABS = 12;

/** `compared` is another attempt, or `other` the id of another job. */
export function Attempts({ job: { history }, chosen, compared, other }) {
  const here = useRef();
  useEffect(
    () =>
      here.current?.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" }),
    [
      chosen.attempt,
    ],
  );
  // that it exited with a code is said above
  const error = /^exit code \d+$/.test(chosen.error ?? "") ? null : chosen.error;
  const hidden = history.slice(0, -MOST_TABS);
  const tabs = history.slice(-MOST_TABS);
  const others = history.filter(({ attempt }) => attempt !== chosen.attempt);
  const to = (attempt) => addressWith({ attempt, compare: "", with: "" });
  return html`<div class="job-tabs">
    <nav aria-label="Attempts" ref=${here}>
      ${
    hidden.length > 0 &&
    html`<select aria-label="Earlier attempts" value=${chosen.attempt} onChange=${({ target }) =>
      go(to(target.value))}>
        <option value="">Earlier …</option>
        ${
      hidden.map((one) =>
        html`<option key=${one.attempt} value=${one.attempt}>Attempt ${one.attempt} ${wordOf(one)}</option>`
      )
    }
      </select>`
  }
      ${
    tabs.map((one) =>
      html`
        <${Link} key=${one.attempt} to=${to(one.attempt)}
          aria-current=${one.attempt === chosen.attempt ? "true" : undefined}>Attempt ${one
            .attempt} <span class=${colourOf(one)}>${wordOf(one)}</span><//>
      `
    )
  }
    </nav>
    ${
    (others.length > 0 || other) &&
    html`<label class="job-compare">Compare with <select value=${
      other ? "other" : compared?.attempt ?? ""
    } onChange=${(
      { target },
    ) => go(addressWith({ attempt: chosen.attempt, compare: target.value, with: "" }), { replace: true })}>
      <option value="">–</option>${other && html`<option value="other">job ${other}</option>`}${
      others.map(({ attempt }) => html`<option key=${attempt} value=${attempt}>attempt ${attempt}</option>`)
    }</select></label>`
  }
  </div>
  ${
    (error || chosen.note) &&
    html`<p class="job-said">${error && html`<span class="dead">${visible(error)}</span>`}${
      chosen.note && html`<span>${visible(chosen.note)}</span>`
    }</p>`
  }`;
}
