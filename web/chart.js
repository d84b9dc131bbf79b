/** Charts of figures over time. */
import "./uplot.js";
import { html, useEffect, useRef } from "./lib.js";

const { uPlot } = globalThis;
const HEIGHT = 160;

function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

/** Lines over time: `times` in seconds since the epoch; each of `lines` has label, colour, values, and fills or not. */
export function Chart({ title, times, lines, unit = "" }) {
  const place = useRef();
  const plot = useRef();
  useEffect(() => {
    const build = () => {
      plot.current?.destroy();
      const axis = {
        stroke: colour("faint"),
        grid: { stroke: colour("line"), width: 1 },
        ticks: { show: false },
      };
      plot.current = new uPlot(
        {
          width: place.current.clientWidth,
          height: HEIGHT,
          cursor: { points: { show: false } },
          legend: { live: true },
          scales: { y: { range: (_, __, max) => [0, Math.max(max * 1.1, unit === "s" ? 0.01 : 1)] } },
          axes: [axis, { ...axis, size: 48, values: (_, ticks) => ticks.map((tick) => `${tick}${unit}`) }],
          series: [
            { value: (_, at) => at === null ? "" : new Date(at * 1000).toLocaleTimeString() },
            ...lines.map((line) => ({
              label: line.label,
              stroke: colour(line.colour),
              fill: line.fill ? `${colour(line.colour)}33` : undefined,
              width: 1.5,
              points: { show: false },
            })),
          ],
        },
        [times, ...lines.map(({ values }) => values)],
        place.current,
      );
    };
    build();
    const resized = new ResizeObserver(() =>
      plot.current.setSize({ width: place.current.clientWidth, height: HEIGHT })
    );
    resized.observe(place.current);
    const scheme = matchMedia("(prefers-color-scheme: dark)");
    scheme.addEventListener("change", build);
    return () => {
      resized.disconnect();
      scheme.removeEventListener("change", build);
      plot.current.destroy();
      plot.current = undefined;
    };
  }, []);
  useEffect(() => plot.current?.setData([times, ...lines.map(({ values }) => values)]), [times, lines]);
  return html`
    <figure class="chart">
      <figcaption>${title}</figcaption>
      <div ref=${place}></div>
    </figure>
  `;
}
