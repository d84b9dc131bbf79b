/** What a job needs and who needs it: a picture of links, and the same in words. Loaded only where there is any. */
import { html, useEffect, useMemo, useRef } from "./lib.js";
import { useAnswer } from "./api.js";
import { jobs as count, number, visible } from "./format.js";
import { layout, pathOf, SIZE } from "./graph_layout.js";
import { Problem } from "./parts.js";
import { Link } from "./router.js";

const address = (id) => `/jobs/${encodeURIComponent(id)}`;

/** What a need wants, where it is not success. */
const WANTS = { completed: "", failed: "if it fails", ended: "once it ends" };
const DECIDED = { met: "met", failed: "cannot come", called_off: "cannot come", unneeded: "not needed" };

export function Graph({ path, id }) {
  const { data: graph, error } = useAnswer(`${path}/needs`);
  if (!graph) return html`<${Problem} error=${error}/>`;
  if (graph.jobs.length < 2) return null;
  const hidden = graph.jobs.some(({ more_needs: up, more_dependents: down }) => up > 0 || down > 0);
  return html`
    <section aria-labelledby="graph">
      <h2 id="graph">What it needs, and who needs it</h2>
      <${Picture} ...${{ graph, id }} />
      ${hidden &&
        html`<p class="faint">There are more than these ${
          count(graph.jobs.length)
        }: follow a job to see its own.</p>`}
      <details class="graph-list">
        <summary>The same as a list</summary>
        <${List} ...${{ graph, id }} />
      </details>
    </section>
  `;
}

function Picture({ graph, id }) {
  const shape = JSON.stringify([
    graph.jobs.map((job) => job.id),
    graph.needs.map(({ from, to }) => [from, to]),
  ]);
  const places = useMemo(() => layout(graph.jobs.map((job) => job.id), graph.needs), [shape]);
  const frame = useRef();
  useEffect(() => {
    const { x, y } = places.places.get(id);
    const { clientWidth, clientHeight } = frame.current;
    frame.current.scrollTo(x + SIZE.width / 2 - clientWidth / 2, y + SIZE.height / 2 - clientHeight / 2);
  }, [id, shape]);
  const inOrder = graph.jobs.toSorted((a, b) => {
    const [one, other] = [places.places.get(a.id), places.places.get(b.id)];
    return one.x - other.x || one.y - other.y;
  });
  const onKeyDown = (event) => {
    const next = neighbour(event, { places: places.places, needs: graph.needs });
    if (!next) return;
    event.preventDefault();
    frame.current.querySelector(`[data-job="${CSS.escape(next)}"]`).focus();
  };
  return html`
    <div class="graph" ref=${frame} onKeyDown=${onKeyDown} role="group" tabindex="0"
      aria-label="Jobs from left to right, each right of those that it needs; arrow keys go along">
      <div class="graph-inner" style=${{ width: `${places.width}px`, height: `${places.height}px` }}>
        <svg aria-hidden="true" width=${places.width} height=${places.height}>
          ${graph.needs.map(({ from, to, decided }, n) =>
            html`<path key=${`${from} ${to}`} d=${pathOf(places.lines[n])} class=${
              decided === null ? "open" : decided === "met" ? "met" : "missed"
            }/>`
          )}
        </svg>
        ${inOrder.map((job) =>
          html`
            <${Box} key=${job.id} ...${{ job, graph, here: job.id === id, at: places.places.get(job.id) }} />
          `
        )}
      </div>
    </div>
  `;
}

/** A job as a link in its place. */
function Box({ job, graph, here, at }) {
  const { id, state, exit_code: code, progress, command, more_needs: up, more_dependents: down } = job;
  const style = { left: `${at.x}px`, top: `${at.y}px`, width: `${SIZE.width}px`, height: `${SIZE.height}px` };
  const how = progress !== null && state === "processing"
    ? `${progress}%` // the colour says that it runs
    : `${state ?? "gone"}${state === "dead" && code !== null ? ` ${code}` : ""}`;
  const more = [up > 0 && `needs ${number(up)} more`, down > 0 && `${number(down)} more need it`].filter(
    Boolean,
  );
  const wants = [...new Set(graph.needs.filter(({ to }) => to === id).map(({ wanting }) => WANTS[wanting]))]
    .filter(Boolean);
  const title = [command && visible(command), ...wants.map((one) => `runs ${one}`), ...more].filter(Boolean)
    .join("\n");
  return html`
    <${Link} to=${address(id)} class=${`box ${state ?? "gone"}`} style=${style} title=${title} data-job=${id}
      aria-current=${here ? "page" : undefined}>
      <span class="id">${id}</span> <span class="how">${how}</span>
      <span class="what">${more.length > 0
        ? more.join(", ")
        : wants.length > 0
        ? wants.join(", ")
        : visible(command ?? "")}</span>
    <//>
  `;
}

/** The job to which an arrow leads. */
function neighbour({ key, target }, { places, needs }) {
  const id = target.dataset?.job;
  if (id === undefined || !key.startsWith("Arrow")) return undefined;
  const here = places.get(id);
  const near = (ids) =>
    ids.toSorted((a, b) => Math.abs(places.get(a).y - here.y) - Math.abs(places.get(b).y - here.y))[0];
  if (key === "ArrowLeft") return near(needs.filter(({ to }) => to === id).map(({ from }) => from));
  if (key === "ArrowRight") return near(needs.filter(({ from }) => from === id).map(({ to }) => to));
  const column = [...places].filter(([, { x }]) => x === here.x).map(([id]) => id);
  return near(
    column.filter((other) => key === "ArrowUp" ? places.get(other).y < here.y : places.get(other).y > here.y),
  );
}

function List({ graph, id }) {
  return html`<ul>${
    graph.jobs.map((job) => {
      const own = graph.needs.filter(({ to }) => to === job.id);
      const more = job.more_needs > 0 ? `, and ${count(job.more_needs)} more` : "";
      const after = job.more_dependents > 0 ? `; ${count(job.more_dependents)} more need it` : "";
      return html`
        <li key=${job.id}>
          <${Link} to=${address(job.id)}>${job.id}<//> ${job.id === id && "(this job) "}<span
              class=${job.state ?? "gone"}>${job.state ?? "gone"}</span>${own.length > 0 && " needs "}${own
                .map(({ from, wanting, decided }, n) =>
                  `${n > 0 ? ", " : ""}${from}${WANTS[wanting] && ` ${WANTS[wanting]}`}${
                    decided === null ? "" : ` (${DECIDED[decided]})`
                  }`
                ).join("")}${more}${after}</li>
      `;
    })
  }</ul>`;
}
