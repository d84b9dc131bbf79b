/** Doing something to many jobs: to those that are selected, or to all that a filter finds. */
import { html } from "./lib.js";
import { call, withQuery } from "./api.js";
import { jobs as count, number } from "./format.js";
import { Action, ask, attempt, isUntried, withoutWorker } from "./parts.js";

const WAITING = ["blocked", "pending", "scheduled", "failed"];
const ENDED = ["completed", "dead", "cancelled", "skipped"];

/** What can be done, and to jobs in which states. */
export const VERBS = [
  {
    name: "retry",
    verb: "Retry",
    past: "Queued again",
    states: ["failed", "completed", "dead", "cancelled"],
  },
  { name: "cancel", verb: "Cancel", past: "Cancelled", danger: true, states: [...WAITING, "processing"] },
  { name: "delete", verb: "Delete", past: "Deleted", danger: true, states: [...WAITING, ...ENDED] },
  { name: "hold", verb: "Hold", past: "Held", states: WAITING, fits: ({ held }) => !held },
  { name: "release", verb: "Release", past: "Released", states: WAITING, fits: ({ held }) => held },
  {
    ...{ name: "pause", verb: "Pause", past: "Paused", states: ["processing"] },
    fits: ({ paused_since: paused }) => !paused,
  },
  {
    ...{ name: "resume", verb: "Resume", past: "Resumed", states: ["processing"] },
    fits: ({ paused_since: paused }) => paused,
  },
];

function fits({ states, fits = () => true }, job) {
  return states.includes(job.state) && fits(job);
}

const INVERSE = { hold: "release", release: "hold", pause: "resume", resume: "pause" };

/** What undoes a verb; null where nothing brings back all that there was. */
function inverseOf(name, jobs) {
  return INVERSE[name] ?? (name === "cancel" && jobs.every(isUntried) ? "retry" : null);
}

/** What was done, and what was not. */
function said(past, { done, passed_over: passed, held, skipped, without_worker: alone }) {
  return `${past}: ${count(done)}${alone ? `; ${withoutWorker(alone, "running ones")}` : ""}${
    held ? `; ${number(held)} held until released` : ""
  }${skipped ? `; ${number(skipped)} skipped, since what they need can no longer come` : ""}${
    passed > 0 ? `; ${number(passed)} passed over, their state does not allow it` : ""
  }`;
}

/** To those that are selected: what some of them allow; the others are passed over. */
export function Selected({ chosen, done, none }) {
  const run = async ({ verb, name, past, danger }, fitting) => {
    const all = count(fitting.length);
    const passed = chosen.length - fitting.length;
    const detail = passed > 0
      ? `${number(passed)} of those selected are passed over: their state does not allow it.`
      : "";
    if (danger && !await ask(`${verb} ${all}?`, { yes: `${verb} ${all}`, no: "Keep", detail })) return;
    const body = { ids: fitting.map(({ id }) => id), pass_over: true };
    const inverse = inverseOf(name, fitting);
    const undo = inverse && (() => call("POST", `/bulk/${inverse}`, body));
    const tell = (answer) => said(past, { ...answer, passed_over: answer.passed_over + passed });
    if (await attempt(() => call("POST", `/bulk/${name}`, body), tell, { undo })) done();
  };
  return html`<div class="bulk selection" role="group" aria-label="Actions on those selected">
    <span>${number(chosen.length)} selected</span>
    ${
    VERBS.map((one) => [one, chosen.filter((job) => fits(one, job))])
      .filter(([, fitting]) => fitting.length > 0)
      .map(([one, fitting]) =>
        html`<${Action} key=${one.name} kind=${one.danger ? "danger" : ""} run=${() =>
          run(one, fitting)}>${one.verb}${fitting.length < chosen.length && ` ${number(fitting.length)}`}<//>`
      )
  }
    <button type="button" class="quiet" onClick=${none}>Select none</button>
  </div>`;
}

/** To all that a filter finds: it is counted and asked first. */
export function AllFound({ filter, done }) {
  const verbs = VERBS.filter(({ states }) =>
    !filter.state || filter.state.some((state) => states.includes(state))
  );
  const run = async ({ name, verb, past }) => {
    let found;
    if (
      !await attempt(async () =>
        found = await call("GET", withQuery("/bulk/count", { ...filter, action: name }))
      )
    ) {
      return;
    }
    const all = count(found.count);
    const detail = found.passed_over > 0
      ? `${
        number(found.passed_over)
      } more are passed over: their state does not allow it, or it was done already.`
      : "";
    if (!await ask(`${verb} ${all}?`, { yes: `${verb} ${all}`, no: "Keep", detail })) return;
    if (await attempt(() => call("POST", `/bulk/${name}`, { filter }), (answer) => said(past, answer))) {
      done();
    }
  };
  return html`<div class="bulk" role="group" aria-label="Actions on all that match">${
    verbs.map((one) =>
      html`<${Action} key=${one.name} kind=${one.danger ? "danger" : ""} run=${() =>
        run(one)}>${one.verb} all<//>`
    )
  }</div>`;
}
