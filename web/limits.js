/** Limits: what they let through, how much of that is in use, and how many jobs wait. */
import { html } from "./lib.js";
import { call, useAnswer, withQuery } from "./api.js";
import { number } from "./format.js";
import { useTyped } from "./drafts.js";
import { Action, ask, attempt, Empty, Loading, Problem, Time } from "./parts.js";
import { useRights } from "./rights.js";
import { PageLinks } from "./router.js";

/** How full something is: used of how much, with a bar. */
function Used({ name, used, of }) {
  if (of === null) return number(used);
  return html`
    <span class="progress"><meter min="0" max=${Math.max(of, 1)} value=${Math.min(
      used,
      Math.max(of, 1),
    )} aria-label=${`In use of ${name}`}></meter>
    ${number(used)} of ${number(of)}</span>
  `;
}

/** How much at once: a field for those who may set it. */
function AtOnce({ limit: { name, at_once: value }, reload }) {
  const { readOnly } = useRights();
  const field = useTyped(`limit ${name}`, String(value ?? ""));
  if (readOnly) return value;
  const submit = async (event) => {
    event.preventDefault();
    const at_once = field.value === "" ? null : Number(field.value);
    const set = (at_once) => call("PATCH", `/limits/${encodeURIComponent(name)}`, { at_once }).then(reload);
    const undo = () => set(value);
    if (await attempt(() => set(at_once), `Set limit "${name}"`, { undo })) field.forget();
  };
  return html`
    <form class="inline" onSubmit=${submit}>
      <input name="at_once" type="number" min="0" size="5" aria-label=${`At once of ${name}`}
        value=${field.value} onInput=${field.onInput} placeholder="no limit"/>
      <button type="submit" class=${field.typed ? "primary" : ""}>Set</button>
      ${field.changed !== null &&
        html`<span class="faint" role="status">It is ${field.changed || "unset"} now.</span>`}
    </form>
  `;
}

export function Limits({ query }) {
  const answer = useAnswer(withQuery("/limits", { cursor: query.cursor, limit: 100 }), {
    every: 5000,
    restless: ({ limits }) => limits.some(({ started }) => started > 0),
  });
  const { data: page, error, reload } = answer;
  if (!page) {
    return html`
      <h1>Limits</h1>
      <${Loading} ...${{ error, again: reload }} />
    `;
  }
  if (page.limits.length === 0 && !query.cursor) {
    return html`
      <h1>Limits</h1>
      <${Empty}>No limits. One is set on the command line:${" "}
      <code>queuectl limit set api --at-once 5 --rate 60/1m</code><//>
    `;
  }
  const remove = async ({ name }) => {
    const detail = "What waits for it may start at once.";
    if (!await ask(`Remove limit "${name}"?`, { yes: "Remove it", no: "Keep it", detail })) return;
    await attempt(() => call("DELETE", `/limits/${encodeURIComponent(name)}`), `Removed limit "${name}"`);
    reload();
  };
  return html`
    <h1>Limits</h1>
    <${Problem} error=${error}/>
      <div class="panel scroll">
        <table class="cards">
          <thead>
            <tr>
              <th>Limit</th>
              <th>In use</th>
              <th>At once</th>
              <th>Rate</th>
              <th>Began</th>
              <th class="right">Waiting</th>
              <th><span class="sr-only">Actions</span></th>
            </tr>
          </thead>
          <tbody>${page.limits.map((limit) =>
            html`
              <tr key=${limit.name}>
                <td>${limit.name}</td>
                <td data-label="in use">
                  <${Used} name=${limit.name} used=${limit.used} of=${limit.at_once} />
                </td>
                <td data-label="at once">
                  <${AtOnce} ...${{ limit, reload }} />
                </td>
                <td data-label=${limit.rate && "rate"}>${limit.rate}${limit.smooth && ", evenly"}</td>
                <td>${limit.rate && `${number(limit.started)} lately`}${limit.free_at &&
                  html`, free <${Time} at=${limit.free_at}/>`}</td>
                <td class="right" data-label=${limit.waiting > 0 && "waiting"}>${limit.waiting >= 1000
                  ? "1000 or more"
                  : limit.waiting || ""}</td>
                <td class="right">
                  <${Action} kind="danger" run=${() => remove(limit)}>Remove<//></td>
              </tr>
            `
          )}</tbody>
        </table>
      </div>
      <${PageLinks} cursor=${query.cursor} next=${page.cursor} />
  `;
}
