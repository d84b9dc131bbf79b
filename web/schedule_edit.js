/** A schedule to be added or changed; while it is typed, the server says when it would come. */
import { html, useEffect, useState } from "./lib.js";
import { call, useAnswer, withQuery } from "./api.js";
import { useDraft } from "./drafts.js";
import { FIELDS } from "./fields.js";
import { localTime, typed as asTyped } from "./format.js";
import { say } from "./parts.js";
import { go } from "./router.js";

/** What most jobs that say anything say; the others are folded away. */
const USUAL = ["queue", "priority", "label", "timeout", "max_retries", "cwd"];
const OF_JOB = FIELDS.filter(({ scheduled, hint }) => scheduled && hint !== null);
const [COMMON, RARE] = [true, false].map((usual) =>
  OF_JOB.filter(({ name }) => USUAL.includes(name) === usual)
);
const MISSED = [
  ["once", "one run for all that was missed"],
  ["skip", "none"],
  ["all", "a run for each, up to 100"],
];
const OVERLAPS = [
  ["", "as usual"],
  ["skip", "leave the next one out"],
  ["queue", "let it wait for that one's end"],
  ["replace", "call that one off"],
  ["allow", "run both"],
];
/** Nothing is asked while somebody types. */
const PAUSE_MS = 300;

/** What the form begins with: the fields of a schedule and of its job, as they are typed. */
function valuesOf(schedule) {
  if (!schedule) {
    const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
    return { tz: timeZone, missed: "once", overlap: "", queue: "" };
  }
  const { name, expression, tz, missed, overlap, jitter, job } = schedule;
  return {
    ...Object.fromEntries(OF_JOB.map(({ name }) => [name, textOf(job[name])])),
    ...{ name, expression, tz, missed, overlap, command: job.command },
    jitter: jitter > 0 ? `${jitter}s` : "",
  };
}

/** A value of the job, as it was said. */
function textOf(value) {
  return Array.isArray(value) ? value.join(", ") : asTyped(value);
}

/** The form; `schedule` is the one to be changed, if there is one. */
export function EditSchedule({ schedule, close, done }) {
  const [typed, type, forget] = useDraft(schedule ? `schedule ${schedule.name}` : "schedule", {});
  const [refused, setRefused] = useState(null);
  const values = { ...valuesOf(schedule), ...typed };
  const coming = useComing(values);
  const wrong = refused ?? (coming?.problem ? { field: fieldOf(coming.problem), why: coming.problem } : null);
  const onInput = ({ target }) => {
    setRefused(null);
    type({ ...typed, [target.name]: target.value });
  };
  const submit = async (event) => {
    event.preventDefault();
    try {
      const { name } = schedule
        ? await call("PATCH", `/schedules/${encodeURIComponent(schedule.name)}`, bodyOf(values, schedule))
        : await call("POST", "/schedules", { name: values.name ?? "", ...bodyOf(values) });
      say(schedule ? `Changed schedule "${name}"` : `Added schedule "${name}"`);
      forget();
      close();
      if (schedule) done();
      else go(`/schedules/${encodeURIComponent(name)}`);
    } catch (error) {
      setRefused({ field: fieldOf(error.message), why: error.message });
    }
  };
  const cancel = () => {
    forget();
    close();
  };
  const isKnown = (field) => [...TIMING, "command", ...OF_JOB.map(({ name }) => name)].includes(field);
  const said = (name) =>
    wrong?.field === name ? { "aria-invalid": "true", "aria-describedby": `wrong-${name}` } : {};
  // beside the label, or it would be part of the name of the field
  const why = (name) =>
    wrong?.field === name && html`<span class="wrong" id=${`wrong-${name}`} role="alert">${wrong.why}</span>`;
  const field = (name, title, rest = {}) =>
    html`
      <div
        key=${name}><label>${title} <input name=${name} value=${values[name] ?? ""} ...${rest} ...${said(
          name,
        )} /></label>${why(name)}</div>
    `;
  const choice = (name, title, of) =>
    html`<div><label>${title} <select name=${name} ...${said(name)}>${
      of.map(([value, text]) =>
        html`<option key=${value} value=${value} selected=${values[name] === value}>${text}</option>`
      )
    }</select></label>${why(name)}</div>`;
  const ofJob = ({ name, title, hint, kind }) =>
    field(name, title, {
      placeholder: hint,
      inputmode: kind.type === "integer" ? "numeric" : undefined,
    });
  return html`
    <form class="fields panel padded" aria-label=${schedule ? "Change the schedule" : "Add a schedule"}
      onSubmit=${submit} onInput=${onInput}>
      ${!schedule && field("name", "Name", { required: true })}
      ${field("expression", "When", { required: true, placeholder: "0 2 * * *, @daily, every 90s" })}
      ${field("tz", "By the clock of", { placeholder: "Europe/Berlin" })}
      <p class="wide coming" role="status">${coming?.upcoming.length > 0 && html`
        Next, by the clock here: ${coming.upcoming.map((at) =>
          html`
            <time key=${at} datetime=${at}>${localTime(at)}</time>
          `
        )}
      `}</p>
      <div class="wide"><label>Command <textarea name="command" rows="3" required value=${values.command ??
        ""}
        ...${said("command")} placeholder="as a shell would run it"></textarea></label>${why("command")}</div>
      ${choice("missed", "For what was missed", MISSED)}
      ${choice("overlap", "While a run has not ended", schedule ? OVERLAPS.slice(1) : OVERLAPS)}
      ${field("jitter", "Later by up to", { placeholder: "5m" })}
      ${COMMON.map(ofJob)}
      <details class="wide" open=${RARE.some(({ name }) => name === wrong?.field)}>
        <summary>${RARE.length} more</summary>
        <div class="fields">${RARE.map(ofJob)}</div>
      </details>
      ${wrong && !isKnown(wrong.field) && html`<p class="wide wrong" role="alert">${wrong.why}</p>`}
      <div class="buttons">
        <button type="submit" class="primary">${schedule ? "Save" : "Add"}</button>
        <button type="button" onClick=${cancel}>Throw away</button>
      </div>
    </form>
  `;
}

const TIMING = ["name", "expression", "tz", "missed", "overlap", "jitter"];

/** Of which field a sentence of the server is. */
function fieldOf(why) {
  if (/^Cannot use the schedule |^Missing when /.test(why)) return "expression";
  if (/^Cannot (add|use) schedule /.test(why)) return "name";
  return /^Cannot use (\w+)/.exec(why)?.[1];
}

/** When it would come, some time after nobody types. */
function useComing({ expression = "", tz = "" }) {
  const path = expression.trim() === "" ? null : withQuery("/upcoming", { expression, tz });
  const [asked, ask] = useState(path);
  useEffect(() => {
    const timer = setTimeout(() => ask(path), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [path]);
  const { data } = useAnswer(asked, { live: false });
  return asked === path ? data : null;
}

/** What was typed, as the server takes it. Of a job that is there, what the form does not show stays. */
function bodyOf(values, schedule) {
  const job = { ...schedule?.job, command: values.command };
  for (const { name, kind } of OF_JOB) {
    const text = (values[name] ?? "").trim();
    if (schedule && text === textOf(schedule.job[name])) continue;
    if (text === "") delete job[name];
    else job[name] = kind.type === "integer" && /^[+-]?\d+$/.test(text) ? Number(text) : text;
  }
  const { expression = "", tz, missed, overlap, jitter } = values;
  return {
    ...{ expression, missed, job },
    ...tz !== "" && { tz },
    ...overlap !== "" && { overlap },
    ...(schedule || jitter) && { jitter: jitter || 0 },
  };
}
