/** A form for a new job, with the command line that does the same. */
import { html, useEffect, useState } from "./lib.js";
import { call, useAnswer } from "./api.js";
import { FIELDS } from "./fields.js";
import { attempt, Empty, say } from "./parts.js";
import { useRights } from "./rights.js";
import { go } from "./router.js";
import { MASK, soundsSecret } from "./secrets.js";

/** Most jobs leave these alone: they come last. */
const RARE = ["id", "cwd", "unique_key", "unique_until", "unique_for", "on_conflict", "at_most_late"];
const INPUTS = FIELDS.filter(({ hint }) => hint !== null)
  .toSorted((a, b) => RARE.indexOf(a.name) - RARE.indexOf(b.name));

export function Enqueue({ query }) {
  if (!useRights().readOnly) return html`<${Form} from=${query.from} />`;
  return html`
    <h1>Enqueue</h1>
    <${Empty}>You may only look: this token, or this server, allows no changes.<//>
  `;
}

function Form({ from: copied }) {
  const [values, setValues] = useState({ command: "" });
  const from = useAnswer(copied ? `/jobs/${encodeURIComponent(copied)}` : null).data;
  useEffect(() => {
    if (!from) return;
    const { command, env } = from;
    const same = INPUTS.filter(({ name, json }) => json !== null && name !== "id");
    setValues({
      command,
      ...Object.fromEntries(same.map(({ name, json }) => [name, String(from[json] ?? "")])),
      env: Object.entries(env ?? {})
        .map(([name, value]) => `${name}=${soundsSecret(name) ? MASK : value}`).join("\n"),
    });
  }, [from?.id]);
  const set = (name) => ({ target }) =>
    setValues({ ...values, [name]: target.type === "checkbox" ? target.checked : target.value });
  const submit = async (event) => {
    event.preventDefault();
    let job;
    const done = await attempt(
      async () => job = await call("POST", "/jobs", jobOf(values, from?.env ?? {})),
      () => job.created ? `Enqueued ${job.id}` : `Job ${job.id} has its key: no other was enqueued`,
    );
    if (done) go(`/jobs/${encodeURIComponent(job.id)}`);
  };
  const copy = async () => {
    await navigator.clipboard.writeText(commandLine(values));
    say("Copied");
  };
  return html`
    <h1>Enqueue</h1>
    <form class="fields" onSubmit=${submit}>
          <label class="wide">Command <textarea name="command" rows="3" required value=${values
            .command} onInput=${set("command")}
            placeholder="as a shell would run it"></textarea></label>
          ${INPUTS.map(({ name, title, hint, kind }) =>
            html`<label key=${name}>${title}
        <input name=${name} value=${values[name] ?? ""} placeholder=${hint} inputmode=${
              kind.type === "integer" ? "numeric" : undefined
            } onInput=${set(name)}/></label>`
          )}
          <label class="wide">Environment <textarea name="env" rows="2" value=${values.env ??
            ""} placeholder="NAME=VALUE, one a line" onInput=${set("env")}></textarea></label>
          <label class="check"><input type="checkbox" name="hold" checked=${values.hold ??
            false} onChange=${set("hold")}/> hold it until it is released</label>
          <div class="buttons"><button type="submit" class="primary">Enqueue</button></div>
        </form>
    <h2>The same on the command line</h2>
    <pre class="command" aria-label="Command line">${commandLine(values)}</pre>
    <button type="button" onClick=${copy}>Copy</button>
  `;
}

/**
 * What was typed, as the server takes it; numbers that are none are left for it to refuse. Secrets of the job that is
 * copied are not shown: those that were left as they are come from `kept`.
 */
function jobOf(values, kept) {
  const job = { command: values.command };
  for (const { name, kind } of INPUTS) {
    const text = (values[name] ?? "").trim();
    if (text !== "") job[name] = kind.type === "integer" && /^[+-]?\d+$/.test(text) ? Number(text) : text;
  }
  const pairs = variablesOf(values);
  if (pairs.length > 0) {
    job.env = Object.fromEntries(
      pairs.map((pair) => splitAt(pair, pair.indexOf("=")))
        .map(([name, value]) => [name, value === MASK ? kept[name] ?? value : value]),
    );
  }
  if (values.hold) job.hold = true;
  return job;
}

function variablesOf({ env = "" }) {
  return env.split("\n").map((line) => line.trim()).filter((line) => line !== "");
}

function splitAt(pair, at) {
  return at < 1 ? [pair, ""] : [pair.slice(0, at), pair.slice(at + 1)];
}

function commandLine(values) {
  const words = ["queuectl", "enqueue"];
  for (const { name } of INPUTS) {
    const text = (values[name] ?? "").trim();
    if (text !== "") words.push(`--${name.replaceAll("_", "-")}`, quoted(text));
  }
  for (const pair of variablesOf(values)) words.push("--env", quoted(pair));
  if (values.hold) words.push("--hold");
  return [...words, quoted(values.command)].join(" ");
}

/** Within single quotes a shell takes everything as it is. */
function quoted(text) {
  return /^[\w@%+:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
