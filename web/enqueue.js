/** A form for a new job, with the command line that does the same. */
import { html, useEffect, useState } from "./lib.js";
import { call, useAnswer } from "./api.js";
import { attempt, say } from "./parts.js";
import { go } from "./router.js";

const FIELDS = [
  { name: "queue", label: "Queue", hint: "default" },
  { name: "priority", label: "Priority", hint: "lower runs first", number: true },
  { name: "max_retries", label: "Retries", hint: "3", number: true },
  { name: "timeout", label: "Timeout", hint: "90s, 10m, 1h30m" },
  { name: "delay", label: "Delay", hint: "not before this long from now" },
  { name: "label", label: "Label", hint: "a word to find it by" },
  { name: "id", label: "Id", hint: "j1, j2, …" },
  { name: "cwd", label: "Directory", hint: "where the dashboard was started" },
];

export function Enqueue({ query }) {
  const [values, setValues] = useState({ command: "" });
  const from = useAnswer(query.from ? `/jobs/${encodeURIComponent(query.from)}` : null).data;
  useEffect(() => {
    if (!from) return;
    const { command, queue, priority, max_retries, timeout, label, cwd, env } = from;
    setValues({
      ...{
        command,
        queue,
        priority: String(priority),
        max_retries: String(max_retries),
        timeout: String(timeout),
        label: label ?? "",
        cwd: cwd ?? "",
      },
      env: Object.entries(env ?? {}).map((pair) => pair.join("=")).join("\n"),
    });
  }, [from?.id]);
  const set = (name) => ({ target }) =>
    setValues({ ...values, [name]: target.type === "checkbox" ? target.checked : target.value });
  const submit = async (event) => {
    event.preventDefault();
    let id;
    const done = await attempt(
      async () => id = (await call("POST", "/jobs", jobOf(values))).id,
      () => `Enqueued ${id}`,
    );
    if (done) go(`/jobs/${encodeURIComponent(id)}`);
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
          ${FIELDS.map(({ name, label, hint, number }) =>
            html`<label key=${name}>${label}
        <input name=${name} value=${values[name] ?? ""} placeholder=${hint} inputmode=${
              number ? "numeric" : undefined
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

/** What was typed, as the server takes it; numbers that are none are left for it to refuse. */
function jobOf(values) {
  const job = { command: values.command };
  for (const { name, number } of FIELDS) {
    const text = (values[name] ?? "").trim();
    if (text !== "") job[name] = number && /^[+-]?\d+$/.test(text) ? Number(text) : text;
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
  for (const { name } of FIELDS) {
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
