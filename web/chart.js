/** Charts of figures over time. Their library comes with the first of them; without it the page does without charts. */
import { html, useEffect, useRef, useState } from "./lib.js";

const HEIGHT = 160;

/** Resolves once the library is there; it leaves itself in a global variable. */
let library;
function loadLibrary() {
  library ??= import("./uplot.js").then(() => globalThis.uPlot);
  return library;
}

function colour(name) {
  const probe = document.createElement("span");
  probe.className = name;
  document.body.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}

/** The same colour, let through by half. */
function pale(name) {
  return colour(name).replace("rgb(", "rgba(").replace(")", ", 0.2)");
}

/** Lines over time: `times` in seconds since the epoch; each of `lines` has label, colour, values, and fills or not. */
export function Chart({ title, times, lines, unit = "" }) {
  const place = useRef();
  const plot = useRef();
  const [failed, setFailed] = useState(false);
  const data = [times, ...lines.map(({ values }) => values)];
  const latest = useRef(data);
  latest.current = data;
  useEffect(() => {
    const { current: element } = place;
    let over = false;
    const build = async () => {
      const Plot = await loadLibrary();
      if (over) return;
      plot.current?.destroy();
      const axis = {
        stroke: colour("faint"),
        grid: { stroke: pale("faint"), width: 1 },
        ticks: { show: false },
      };
      plot.current = new Plot(
        {
          width: element.clientWidth,
          height: HEIGHT,
          scales: { y: { range: (_, __, max) => [0, Math.max(max * 1.1, unit === "s" ? 0.01 : 1)] } },
          axes: [axis, { ...axis, size: 56, values: (_, ticks) => ticks.map((tick) => `${tick}${unit}`) }],
          series: [
            { label: "at", value: (_, at) => at === null ? "" : new Date(at * 1000).toLocaleString() },
            ...lines.map((line) => ({
              label: line.label,
              stroke: colour(line.colour),
              fill: line.fill ? pale(line.colour) : undefined,
              width: 1.5,
              points: { show: false },
            })),
          ],
        },
        latest.current,
        element,
      );
    };
    const tryToBuild = () => build().catch(() => setFailed(true));
    tryToBuild();
    const resized = new ResizeObserver(() =>
      plot.current?.setSize({ width: element.clientWidth, height: HEIGHT })
    );
    resized.observe(element);
    const scheme = matchMedia("(prefers-color-scheme: dark)");
    scheme.addEventListener("change", tryToBuild);
    return () => {
      over = true;
      resized.disconnect();
      scheme.removeEventListener("change", tryToBuild);
      plot.current?.destroy();
      plot.current = undefined;
    };
  }, []);
  useEffect(() => plot.current?.setData(data), [times, lines]);
  return html`<figure class="chart"><figcaption>${title}</figcaption><div ref=${place}></div>
    ${failed && html`<p class="faint">This browser cannot draw charts.</p>`}</figure>`;
}
