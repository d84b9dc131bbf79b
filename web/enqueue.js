/** A form for a new job, with the command line that does the same. */
import { html } from "./lib.js";
import { call, useAnswer } from "./api.js";
import { useDraft } from "./drafts.js";
import { FIELDS } from "./fields.js";
import { typed } from "./format.js";
import { attempt, Empty, Loading, say } from "./parts.js";
import { useRights } from "./rights.js";
import { go } from "./router.js";
import { MASK, soundsSecret } from "./secrets.js";

/** What most jobs that say anything say; the others are folded away. */
const USUAL = ["queue", "priority", "label", "group", "delay", "timeout", "max_retries", "cwd", "unique_key"];
const INPUTS = FIELDS.filter(({ hint }) => hint !== null);
const [COMMON, RARE] = [true, false].map((usual) =>
  INPUTS.filter(({ name }) => USUAL.includes(name) === usual)
);

export function Enqueue({ query }) {
  if (!useRights().readOnly) return html`<${Form} from=${query.from} />`;
  return html`
    <h1>Enqueue</h1>
    <${Empty}>You may only look: this token, or this server, allows no changes.<//>
  `;
}

function Form({ from: copied }) {
  const [values, setValues, forget] = useDraft(copied ? `enqueue ${copied}` : "enqueue", null);
  const from = useAnswer(copied && !values ? `/jobs/${encodeURIComponent(copied)}` : null);
  const shown = values ?? (from.data ? copyOf(from.data) : { command: "" });
  if (copied && !values && !from.data) {
    return html`
      <h1>Enqueue</h1>
      <${Loading} error=${from.error} again=${from.reload} />
    `;
  }
  const set = (name) => ({ target }) =>
    setValues({ ...shown, [name]: target.type === "checkbox" ? target.checked : target.value });
  const submit = async (event) => {
    event.preventDefault();
    let job;
    const done = await attempt(
      async () => job = await call("POST", "/jobs", await withSecrets(jobOf(shown), copied)),
      () => job.created ? `Enqueued ${job.id}` : `Job ${job.id} has its key: no other was enqueued`,
    );
    if (!done) return;
    forget();
    go(`/jobs/${encodeURIComponent(job.id)}`);
  };
  const copy = async () => {
    await navigator.clipboard.writeText(commandLine(shown));
    say("Copied");
  };
  const field = ({ name, title, hint, kind }) =>
    html`<label key=${name}>${title} <input name=${name} value=${shown[name] ?? ""} placeholder=${hint}
      inputmode=${kind.type === "integer" ? "numeric" : undefined} onInput=${set(name)} /></label>`;
  const said = RARE.filter(({ name }) => shown[name]).length;
  return html`
    <h1>Enqueue</h1>
    <div class="two">
      <form class="fields panel padded" onSubmit=${submit}>
        <label class="wide">Command <textarea name="command" rows="3" required value=${shown.command}
          onInput=${set("command")} placeholder="as a shell would run it"></textarea></label>
        ${COMMON.map(field)}
        <details class="wide"><summary>${RARE.length} more${said > 0 && `, ${said} of them said`}</summary>
          <div class="fields">${RARE.map(field)}
            <label class="wide">Environment <textarea name="env" rows="2" value=${shown.env ?? ""}
              placeholder="NAME=VALUE, one a line" onInput=${set("env")}></textarea></label></div>
        </details>
        <label class="check wide"><input type="checkbox" name="hold" checked=${shown.hold ?? false}
          onChange=${set("hold")} /> hold it until it is released</label>
        <div class="buttons"><button type="submit" class="primary">Enqueue</button>${values && html`
          <button type="button" onClick=${forget}>${copied ? "As it was" : "Clear"}</button>
        `}</div>
      </form>
      <section>
        <h2>The same on the command line</h2>
        <pre class="command" aria-label="Command line">${commandLine(shown)}</pre>
        <button type="button" onClick=${copy}>Copy</button>
      </section>
    </div>
  `;
}

/** What a job like another says. */
function copyOf({ command, env, ...job }) {
  const same = INPUTS.filter(({ name, json }) => json !== null && name !== "id");
  return {
    command,
    ...Object.fromEntries(same.map(({ name, json }) => [name, typed(job[json])])),
    env: Object.entries(env ?? {})
      .map(([name, value]) => `${name}=${soundsSecret(name) ? MASK : value}`).join("\n"),
  };
}

/** Secrets of the job that is copied are not shown: those that were left as they are, it has as that one has them. */
async function withSecrets(job, copied) {
  if (!copied || !Object.values(job.env ?? {}).includes(MASK)) return job;
  const { env } = await call("GET", `/jobs/${encodeURIComponent(copied)}`);
  const kept = ([name, value]) => [name, value === MASK ? env?.[name] ?? value : value];
  return { ...job, env: Object.fromEntries(Object.entries(job.env).map(kept)) };
}

/** What was typed, as the server takes it; numbers that are none are left for it to refuse. */
function jobOf(values) {
  const job = { command: values.command };
  for (const { name, kind } of INPUTS) {
    const text = (values[name] ?? "").trim();
    if (text !== "") job[name] = kind.type === "integer" && /^[+-]?\d+$/.test(text) ? Number(text) : text;
  }
  const pairs = variablesOf(values);
  if (pairs.length > 0) job.env = Object.fromEntries(pairs.map((pair) => splitAt(pair, pair.indexOf("="))));
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
