/** Charts of figures over time. Their library comes with the first of them; without it the page does without charts. */
import { html, useEffect, useMemo, useRef, useState } from "./lib.js";
import { compact, duration, localTime, span } from "./format.js";

const HEIGHT = 190;

/** Resolves once the library is there, with its stylesheet; it leaves itself in a global variable. */
let library;
function loadLibrary() {
  library ??= Promise.all([import("./uplot.js"), sheet()]).then(() => globalThis.uPlot);
  return library;
}

function sheet() {
  const link = document.createElement("link");
  link.rel = "stylesheet";
  link.href = "/assets/uplot.css";
  return new Promise((done) => {
    link.onload = link.onerror = done;
    document.head.append(link);
  });
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

/** From nothing to a little above the most. */
const upFromZero = (least) => (_, __, most) => [0, Math.max((most ?? 0) * 1.1, least)];

/** The time of day, or at its start the day. */
function timeText(seconds) {
  const time = new Date(seconds * 1000);
  const isDay = time.getHours() + time.getMinutes() === 0;
  return isDay
    ? time.toLocaleDateString(undefined, { month: "short", day: "numeric" })
    : time.toLocaleTimeString(undefined, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
}

function optionsFor({ lines, unit, width, onCursor }) {
  const isTime = unit === "s";
  const axis = {
    stroke: colour("faint"),
    grid: { stroke: pale("faint"), width: 1 },
    ticks: { show: false },
    size: 56,
    values: (_, ticks) =>
      ticks.map((tick) => isTime ? span(tick) : Number.isInteger(tick) ? compact(tick) : ""),
  };
  const own = lines.find((line) => line.own);
  return {
    width,
    height: HEIGHT,
    legend: { show: false },
    scales: { y: { range: upFromZero(isTime ? 0.01 : 1) }, own: { range: upFromZero(1) } },
    axes: [
      {
        stroke: axis.stroke,
        grid: axis.grid,
        ticks: axis.ticks,
        space: 64,
        size: 30,
        values: (_, ticks) => ticks.map(timeText),
      },
      axis,
      ...(own ? [{ ...axis, scale: "own", side: 1, stroke: colour(own.colour), grid: { show: false } }] : []),
    ],
    series: [
      {},
      ...lines.map((line) => ({
        label: line.label,
        scale: line.own ? "own" : "y",
        stroke: colour(line.colour),
        fill: line.fill ? pale(line.colour) : undefined,
        width: 1.5,
        points: { show: false },
      })),
    ],
    hooks: { setCursor: [(plot) => onCursor(plot.cursor.idx ?? null)] },
  };
}

/**
 * Lines over time: `times` in seconds since the epoch; each of `lines` has label, colour, values, whether it fills, and
 * whether it has an axis of its own. Lines of nothing are left out.
 */
export function Chart({ title, times, lines, unit = "", none = "Nothing to show for this time." }) {
  const place = useRef();
  const plot = useRef();
  const [failed, setFailed] = useState(false);
  const [cursor, setCursor] = useState(null);
  const shown = useMemo(() => lines.filter(({ values }) => values.some((value) => value > 0)), [lines]);
  const labels = shown.map(({ label }) => label).join();
  const data = [times, ...shown.map(({ values }) => values)];
  const latest = useRef();
  latest.current = { data, lines: shown };
  useEffect(() => {
    const { current: element } = place;
    if (!element) return;
    let over = false;
    const build = async () => {
      const Plot = await loadLibrary();
      if (over) return;
      plot.current?.destroy();
      const { data, lines } = latest.current;
      const options = { lines, unit, width: element.clientWidth, onCursor: setCursor };
      plot.current = new Plot(optionsFor(options), data, element);
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
  }, [labels]);
  useEffect(() => plot.current?.setData(data), [times, shown]);
  const at = cursor !== null && cursor < times.length ? cursor : null;
  return html`
    <figure
      class="chart"><figcaption><span>${title}${at === null
        ? ""
        : ` · ${localTime(times[at] * 1000)}`}</span><${Legend} ...${{
        lines: shown,
        at,
        unit,
      }}/></figcaption>
        ${shown.length === 0
          ? html`<p class="faint nothing">${none}</p>`
          : html`<div ref=${place} role="img" aria-label=${
            inWords({ title, times, lines: shown, unit })
          }></div>`}
        ${failed && html`<p class="faint">This browser cannot draw charts.</p>`}</figure>
  `;
}

function valueText(value, unit) {
  if (value === null || value === undefined) return "–";
  return unit === "s" ? duration(value) : compact(value);
}

/** What is all together, or where the pointer is. */
function Legend({ lines, at, unit }) {
  return html`<ul class="legend">${
    lines.map(({ label, colour, own, values }) => {
      const value = at !== null ? values[at] : unit === "s" ? last(values) : sum(values);
      return html`<li key=${label}><span class=${`dot ${colour}`}></span>${label} <b>${
        valueText(value, unit)
      }</b>${own ? " (right)" : ""}</li>`;
    })
  }</ul>`;
}

function sum(values) {
  return values.reduce((total, value) => total + (value ?? 0), 0);
}

function last(values) {
  return values.findLast((value) => value !== null && value !== undefined);
}

/** For those who do not see it. */
function inWords({ title, times, lines, unit }) {
  const said = lines.map(({ label, values }) => {
    const most = Math.max(...values.map((value) => value ?? 0));
    const when = localTime(times[values.indexOf(most)] * 1000);
    const all = unit === "s"
      ? `lastly ${valueText(last(values), unit)}`
      : `${valueText(sum(values), unit)} in all`;
    return `${label}: ${all}, at most ${valueText(most, unit)} at ${when}`;
  });
  return `${title}. ${said.join("; ")}.`;
}

const WIDTH = 96;
const TALL = 20;

/** How a count went lately, as a line the size of a word. */
export function Spark({ values, also = [], label, kind = "completed" }) {
  const most = Math.max(1, ...values, ...also);
  const line = (of) =>
    of.map((value, n) =>
      `${(n / (of.length - 1) * (WIDTH - 2) + 1).toFixed(1)},${
        (TALL - 1 - value / most * (TALL - 2)).toFixed(1)
      }`
    )
      .join(" ");
  const any = [...values, ...also].some((value) => value > 0);
  if (!any) return html`<span class="faint">nothing</span>`;
  return html`<svg class="spark" role="img" aria-label=${label} width=${WIDTH} height=${TALL} viewBox=${`0 0 ${WIDTH} ${TALL}`}>
    ${values.some((value) => value > 0) && html`<polyline class=${kind} points=${line(values)}></polyline>`}
    ${also.some((value) => value > 0) && html`<polyline class="dead" points=${line(also)}></polyline>`}
  </svg>`;
}
