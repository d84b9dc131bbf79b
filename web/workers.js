/** Workers: who is there, what they run, and how to stop them. */
import { html } from "./lib.js";
import { call, useLive } from "./api.js";
import { duration, secondsBetween } from "./format.js";
import { Action, ask, attempt, Empty, Time } from "./parts.js";
import { Link } from "./router.js";

export function Workers() {
  const { status } = useLive();
  if (!status) {
    return html`
      <h1>Workers</h1>
      <p class="faint">Loading …</p>
    `;
  }
  const stop = async (id) => {
    const which = id ? `worker ${id}` : "all workers";
    const detail = "What runs is finished first; nothing new is taken.";
    if (!await ask(`Stop ${which}?`, { yes: "Stop", detail })) return;
    await attempt(
      () => call("POST", "/workers/stop", id ? { id } : {}),
      ({ stopping }) => `Told to stop: ${stopping.join(", ") || "nobody"}`,
    );
  };
  return html`<h1>Workers</h1>
    ${
    status.workers.length === 0
      ? html`<${Empty}>No worker is running. Start some with <code>queuectl worker start --count 2 --detach</code>.<//>`
      : html`
        <div class="bulk">
          <${Action} kind="danger" run=${() => stop()}>Stop all<//></div>
              <div class="scroll"><table><thead><tr><th>Worker</th><th>State</th><th>Host</th><th class="right">Pid</th><th class="right">Slots</th>
                <th>Queues</th><th>Up since</th><th>Runs</th><th></th></tr></thead>
              <tbody>${status.workers.map((worker) =>
                html`
                  <tr key=${worker.id}>
                    <td>${worker.id}</td>
                    <td><span class=${`state ${worker.state}`}>${worker.state}</span></td>
                    <td>${worker.host}</td>
                    <td class="right">${worker.pid}</td>
                    <td class="right">${worker.slots}</td>
                    <td>${worker.queues?.join(", ") ?? "all"}</td>
                    <td>
                      <${Time} at=${worker.started_at}/>
                        </td>
                        <td>${worker.running.map((job) =>
                          html`
                            <div key=${job.id}>
                              <${Link} to=${`/jobs/${encodeURIComponent(job.id)}`}>${job.id}<//>
                                      ${worker.adopted.includes(job.id) && html`
                                        <span class="tag">adopted</span>
                                      `} <span class="faint">${duration(
                                        secondsBetween(job.started_at),
                                      )}</span></div>
                          `
                        )}</td>
                        <td class="right">${["working", "idle"].includes(worker.state) &&
                          html`<${Action} run=${() => stop(worker.id)}>Stop<//>`}</td>
                        </tr>
                `
              )}</tbody></table></div>
      `
  }`;
}
