/** What can be done to a job as it stands. */
import { html } from "./lib.js";
import { call, withQuery } from "./api.js";
import { Action, ask, attempt, isUntried, withoutWorker } from "./parts.js";
import { go } from "./router.js";

/** What brings back all that there was. */
const INVERSE = { hold: "release", release: "hold", pause: "resume", resume: "pause" };
const WAITING = ["blocked", "pending", "scheduled", "failed"];

/** Whether it can be edited. */
export function waits({ state }) {
  return WAITING.includes(state);
}

export function Actions({ job, path, reload, editing, edit }) {
  const isWaiting = waits(job);
  const isRunning = job.state === "processing";
  const post = async (action, past) => {
    const said = ({ without_worker: alone, blocked, skipped }) => {
      if (alone) return withoutWorker(alone, job.id);
      if (skipped) return `${job.id} stays skipped: what it needs can no longer come`;
      return blocked ? `${job.id} waits again for what it needs` : `${past} ${job.id}`;
    };
    const inverse = INVERSE[action] ?? (action === "cancel" && isUntried(job) ? "retry" : null);
    const undo = inverse && (() => call("POST", `${path}/${inverse}`).then(reload));
    if (await attempt(() => call("POST", `${path}/${action}`), said, { undo })) reload();
  };
  const cancel = async () => {
    const detail = isRunning ? "Its processes are ended." : "";
    if (await ask(`Cancel job ${job.id}?`, { yes: "Cancel it", no: "Keep it", detail })) {
      await post("cancel", isRunning ? "Told the worker to end" : "Cancelled");
    }
  };
  const remove = async () => {
    const detail = "Its attempts and output go, too.";
    if (!await ask(`Delete job ${job.id}?`, { yes: "Delete it", no: "Keep it", detail })) return;
    if (await attempt(() => call("DELETE", path), `Deleted ${job.id}`)) go("/jobs");
  };
  const copy = () => go(withQuery("/enqueue", { from: job.id }));
  return html`<div class="bulk" role="group" aria-label="Actions">
    ${
    (!isWaiting && !isRunning || job.state === "failed") && html`<${Action} run=${() =>
      post("retry", job.held ? "Queued again, and held until released:" : "Queued again:")}>Retry<//>`
  }
    ${isWaiting && !job.held && html`<${Action} run=${() => post("hold", "Held")}>Hold<//>`}
    ${isWaiting && job.held && html`<${Action} run=${() => post("release", "Released")}>Release<//>`}
    ${
    isRunning && (job.paused_since
      ? html`<${Action} run=${() =>
        post("resume", "Told the worker to let go on")}>Resume<//>`
      : html`<${Action} run=${() => post("pause", "Told the worker to pause")}>Pause<//>`)
  }
    ${isWaiting && html`<${Action} aria-expanded=${editing} run=${edit}>Edit<//>`}
    <${Action} run=${copy}>Enqueue a copy<//>
    ${(isWaiting || isRunning) && html`<${Action} kind="danger" run=${cancel}>Cancel<//>`}
    ${!isRunning && html`<${Action} kind="danger" run=${remove}>Delete<//>`}
  </div>`;
}
