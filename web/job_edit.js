/** Changing a job that waits. What is typed stays until it is saved or thrown away, whatever happens to the job meanwhile. */
import { html } from "./lib.js";
import { call } from "./api.js";
import { useDraft } from "./drafts.js";
import { FIELDS } from "./fields.js";
import { typed as asTyped } from "./format.js";
import { attempt } from "./parts.js";
import { waits } from "./job_actions.js";

const EDITED = FIELDS.filter(({ editable, hint }) => editable && hint !== null);

export function Edit({ job, path, reload, close }) {
  const [typed, type, forget] = useDraft(`edit ${job.id}`, {});
  const open = waits(job);
  const valueOf = (name, json) => typed[name] ?? asTyped(job[json]);
  const onInput = ({ target }) => type({ ...typed, [target.name]: target.value });
  const submit = async (event) => {
    event.preventDefault();
    const body = { command: valueOf("command", "command") };
    for (const { name, json, kind, optional } of EDITED) {
      const text = valueOf(name, json);
      if (text === "" && (kind.clears || kind.type === "units") && job[json] !== null) body[name] = "default";
      if (optional && text === "") continue; // it stays as it is
      body[name] = kind.type === "integer" ? Number(text) : text;
    }
    if (!await attempt(() => call("PATCH", path, body), `Changed ${job.id}`)) return;
    forget();
    close();
    reload();
  };
  const cancel = () => {
    forget();
    close();
  };
  return html`
    <form class="fields job-edit" onSubmit=${submit} onInput=${onInput}>
      <label class="wide">Command <textarea name="command" rows="3" required value=${valueOf(
        "command",
        "command",
      )}></textarea></label>
      ${EDITED.map(({ name, json, title, kind, optional }) =>
        html`<label key=${name}>${title} <input name=${name} value=${
          valueOf(name, json)
        } required=${!optional}
        type=${kind.type === "integer" ? "number" : undefined} min=${kind.min} max=${kind.max}
        placeholder=${name === "delay" ? "from now; 0 is at once" : undefined}/></label>`
      )}
      <div class="buttons">
        <button type="submit" class="primary" disabled=${!open}>Save</button>
        <button type="button" onClick=${cancel}>Throw away</button>
        ${!open &&
          html`<span role="status">The job is ${job.state} now: what is typed can be saved once it waits again.</span>`}
      </div>
    </form>
  `;
}
