/** How jobs of the same label, else of the same key, went before this one: outcomes, how long they take, what is left. */
import { html, useEffect, useState } from "./lib.js";
import { useAnswer, withQuery } from "./api.js";
import { duration, secondsBetween } from "./format.js";
import { addressWith, Link } from "./router.js";

/** Jobs that are asked for, and those of them that are shown: others may still wait. */
const ASKED = 100;
const SHOWN = 20;

export function History({ job }) {
  const same = job.label ? { label: job.label } : { unique_key: job.unique_key };
  // asked for once for each state of the job, not with every change of the store
  const path = withQuery("/jobs", { ...same, limit: ASKED });
  const { data, error, reload } = useAnswer(path, { live: false });
  const [first] = useState(job.state);
  useEffect(() => {
    if (job.state !== first) reload();
  }, [job.state]);
  if (!data && !error) return null;
  const what = job.label ? "label" : "key";
  if (!data) {
    return html`
      <section>
        <h2>Others of this ${what}</h2>
        <p class="problem">${error}. It is tried again.</p>
      </section>
    `;
  }
  const ended = data.jobs.filter(({ state, started_at: from, finished_at: to }) =>
    ENDED.includes(state) && from && to
  );
  const last = ended.slice(0, SHOWN).reverse();
  if (last.length < 2) return null;
  const took = last.map((one) => secondsBetween(one.started_at, one.finished_at));
  const most = Math.max(...took);
  const good = last.filter(({ state }) => state === "completed");
  const times = good.map((one) => secondsBetween(one.started_at, one.finished_at)).sort((a, b) => a - b);
  const at = (part) => times[Math.min(times.length - 1, Math.floor(times.length * part))];
  const worked = data.jobs.find(({ id, state }) => state === "completed" && id !== job.id);
  const left = job.state === "processing" && times.length > 2
    ? at(0.5) - secondsBetween(job.started_at)
    : null;
  return html`
    <section>
      <h2>The last ${last.length} of this ${what}</h2>
      <div class="job-bars">${last.map((one, n) =>
        html`
          <${Link} key=${one.id} to=${`/jobs/${encodeURIComponent(one.id)}`}
            class=${`job-bar ${one.state}`} aria-current=${one.id === job.id ? "true" : undefined}
            title=${`${one.id}: ${one.state}, ${
              duration(took[n])
            }`} aria-label=${`${one.id}, ${one.state}, took ${duration(took[n])}`}>
                <span style=${{ height: `${Math.max(12, took[n] / most * 100)}%` }}></span><//>
        `
      )}</div>
      <p class="faint">${times.length > 0 && `p50 ${duration(at(0.5))} · p95 ${duration(at(0.95))} · `}${good
        .length} of ${last.length} completed${left !== null &&
        (left > 0 ? ` · about ${duration(left)} left` : ` · ${duration(-left)} longer than usual`)}</p>
      ${worked && job.history.length > 0 && html`
        <p>
          <${Link} to=${addressWith({ with: worked.id, compare: "" })}>What changed since ${worked
            .id} completed<//></p>
      `}
    </section>
  `;
}

const ENDED = ["completed", "dead", "cancelled"];
