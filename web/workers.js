/** Workers: who is there, what they run, and how to stop them. */
import { html, useEffect, useState } from "./lib.js";
import { call, text, useLive, whileVisible } from "./api.js";
import { Action, ask, attempt, Empty, Loading, Problem, Progress, Time, Took } from "./parts.js";
import { addressWith, Link } from "./router.js";

/** The end of what a worker in the background wrote down. */
function Log({ worker }) {
  const [state, setState] = useState({ text: null, error: null });
  useEffect(() => {
    let over = false;
    const load = () =>
      text(`/workers/${encodeURIComponent(worker)}/log?lines=200`).then(
        (text) => !over && setState({ text, error: null }),
        (error) => !over && setState({ text: null, error: error.message }),
      );
    const end = whileVisible(() => {
      load();
      const timer = setInterval(load, 2000);
      return () => clearInterval(timer);
    });
    return () => {
      over = true;
      end();
    };
  }, [worker]);
  return html`
    <section>
      <h2>Log of ${worker}</h2>
      <${Problem} error=${state.error}/>
        ${state.text !== null &&
          html`<pre tabindex="0" aria-label="Log">${
            state.text || html`<span class="faint">Nothing yet</span>`
          }</pre>`}</section>
  `;
}

export function Workers({ query }) {
  const { status, connected } = useLive();
  if (!status) {
    return html`
      <h1>Workers</h1>
      <${Loading} error=${connected ? null : "The server cannot be reached"} />
    `;
  }
  const stop = async ({ id, host } = {}) => {
    const which = id ? `worker ${id}` : host ? `all workers on ${host}` : "all workers";
    const detail = "What runs is finished first; nothing new is taken.";
    if (!await ask(`Stop ${which}?`, { yes: "Stop", detail })) return;
    await attempt(
      () => call("POST", "/workers/stop", id ? { id } : host ? { host } : {}),
      ({ stopping }) => `Told to stop: ${stopping.join(", ") || "nobody"}`,
    );
  };
  const hosts = [...new Set(status.workers.map(({ host }) => host))].sort();
  return html`<h1>Workers</h1>
    ${
    status.workers.length === 0
      ? html`<${Empty}>No worker is running. Start some with <code>queuectl worker start --count 2 --detach</code>.<//>`
      : html`
        <div class="bulk">
          <${Action} kind="danger" run=${() => stop()}>Stop all<//>${hosts.length > 1 &&
            hosts.map((host) =>
              html`<${Action} key=${host} kind="danger" run=${() => stop({ host })}>Stop those on ${host}<//>`
            )}</div>
              <div class="panel scroll"><table class="cards"><thead><tr><th>Worker</th><th>State</th><th>Host</th><th class="right">Pid</th><th class="right">Slots</th>
                <th>Queues</th><th>Up since</th><th>Runs</th><th><span class="sr-only">Actions</span></th></tr></thead>
              <tbody>${status.workers.map((worker) =>
                html`
                  <tr key=${worker.id}>
                    <td>
                      <${Link} to=${addressWith({ log: worker.id })} title="Show its log">${worker
                        .id}<//></td>
                    <td><span class=${`state ${worker.state}`}>${worker.state}</span></td>
                    <td data-label="on">${worker.host}</td>
                    <td class="right" data-label="pid">${worker.pid}</td>
                    <td class="right" data-label="slots">${worker.slots}</td>
                    <td data-label="queues">${worker.queues?.join(", ") ?? "all"}</td>
                    <td data-label="up since">
                      <${Time} at=${worker.started_at}/>
                        </td>
                        <td>${worker.running.map((job) =>
                          html`
                            <div key=${job.id}>
                              <${Link} to=${`/jobs/${encodeURIComponent(job.id)}`}>${job.id}<//>
                                      ${worker.adopted.includes(job.id) && html`
                                        <span class="tag">adopted</span>
                                      `} ${job.paused_since && html`
                                        <span class="tag">paused</span>
                                      `} <span class="faint"><${Took} from=${job
                                        .started_at} /></span> <${Progress} ...${job}/></div>
                          `
                        )}</td>
                        <td class="right">${["working", "idle"].includes(worker.state) &&
                          html`<${Action} run=${() => stop({ id: worker.id })}>Stop<//>`}</td>
                        </tr>
                `
              )}</tbody></table></div>
      `
  }
    ${query.log && html`<${Log} key=${query.log} worker=${query.log}/>`}`;
}
