/** The settings, with their ranges and defaults. */
import { html } from "./lib.js";
import { call, useAnswer } from "./api.js";
import { useTyped } from "./drafts.js";
import { Action, attempt, Loading, Problem } from "./parts.js";
import { useRights } from "./rights.js";

export function Settings() {
  const { data, error, reload } = useAnswer("/settings");
  return html`
    <h1>Settings</h1>
    <p
      class="faint">Running workers follow a change within two seconds. Durations are seconds, or 90s, 10m, 1h30m, 2d.</p>
    ${data ? html`<${Problem} error=${error} />` : html`<${Loading} error=${error} again=${reload} />`}
    ${data && html`
      <div class="panel scroll">
        <table class="cards">
          <thead>
            <tr>
              <th>Setting</th>
              <th>Value</th>
              <th>Takes</th>
              <th>Default</th>
            </tr>
          </thead>
          <tbody>${data.settings.map((setting) =>
            html`<${Setting} key=${setting.key} ...${{ setting, reload }} />`
          )}</tbody>
        </table>
      </div>
    `}
  `;
}

function Setting({ setting: { key, value, default: initial, set, takes, brief }, reload }) {
  const { readOnly } = useRights();
  const field = useTyped(`setting ${key}`, String(value ?? ""));
  const change = async (wanted) => {
    const done = wanted === null ? `${key} has its default again` : `${key} is ${wanted}`;
    const to = (value) => call("PATCH", "/settings", { [key]: value }).then(reload);
    const undo = () => to(set ? String(value) : null);
    if (await attempt(() => to(wanted), done, { undo })) field.forget();
  };
  const submit = (event) => {
    event.preventDefault();
    change(field.value);
  };
  return html`
    <tr>
      <td><strong>${key}</strong><div class="faint">${brief}</div></td>
      <td data-label="Value">${readOnly ? String(value ?? "unset") : html`
        <form class="inline"
          onSubmit=${submit}><input name="value" size="10" aria-label=${key} placeholder="unset"
          value=${field.value} onInput=${field.onInput} /> <button type="submit" class=${field.typed
            ? "primary"
            : ""}>Set</button>${set && html`
            <${Action} run=${() => change(null)}>Reset<//>
          `}${field.typed && html`
            <button type="button" class="quiet" onClick=${field.forget}>Undo</button>
          `}</form>
        ${field.changed !== null &&
          html`<div class="faint" role="status">It is ${field.changed || "unset"} now.</div>`}
      `}</td>
      <td class="faint" data-label="Takes">${takes}</td>
      <td class="faint lone" data-label="Default">${String(initial ?? "unset")}</td>
    </tr>
  `;
}
