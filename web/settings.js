/** The settings, with their ranges and defaults. */
import { html } from "./lib.js";
import { call, useAnswer } from "./api.js";
import { Action, attempt, Problem } from "./parts.js";
import { useRights } from "./rights.js";

export function Settings() {
  const { data, error, reload } = useAnswer("/settings");
  const { readOnly } = useRights();
  const change = async (key, value) => {
    await attempt(
      () => call("PATCH", "/settings", { [key]: value }),
      value === null ? `${key} has its default again` : `${key} is ${value}`,
    );
    reload();
  };
  const submit = (event, key) => {
    event.preventDefault();
    change(key, new FormData(event.target).get("value"));
  };
  return html`
    <h1>Settings</h1>
    <p
      class="faint">Running workers follow a change within two seconds. Durations are seconds, or 90s, 10m, 1h30m, 2d.</p>
    <${Problem} error=${error}/>
        ${data && html`
          <div class="scroll">
            <table>
              <thead>
                <tr>
                  <th>Setting</th>
                  <th>Value</th>
                  <th>Takes</th>
                  <th>Default</th>
                </tr>
              </thead>
              <tbody>${data.settings.map(({ key, value, default: initial, set, takes, brief }) =>
                html`
                  <tr key=${key}>
                    <td><strong>${key}</strong><div class="faint">${brief}</div></td>
                    <td>${readOnly ? String(value ?? "unset") : html`
                      <form key=${value} class="inline"
                        onSubmit=${(event) =>
                          submit(
                            event,
                            key,
                          )}><input name="value" size="10" aria-label=${key} defaultValue=${value ??
                          ""} placeholder="unset"/>
                          <button type="submit">Set</button>${set && html`
                            <${Action} run=${() => change(key, null)}>Reset<//>
                          `}</form>
                    `}
                    </td>
                    <td class="faint">${takes}</td>
                    <td class="faint">${String(initial ?? "unset")}</td>
                  </tr>
                `
              )}</tbody>
            </table>
          </div>
        `}
  `;
}
