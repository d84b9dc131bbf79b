/** What several pages show: states, messages, questions, rows of facts. */
import { h, html, render, useEffect, useRef, useState } from "./lib.js";
import {
  age,
  coarse,
  duration,
  fromNow,
  localTime,
  number,
  secondsBetween,
  untilCoarser,
  untilOlder,
  visible,
} from "./format.js";
import { useRights } from "./rights.js";
import { whileVisible } from "./stream.js";

/** All states, in the order in which a job meets them. */
export const STATES = [
  "blocked",
  "pending",
  "scheduled",
  "processing",
  "completed",
  "failed",
  "dead",
  "cancelled",
  "skipped",
];

/** A state as a word in its colour. */
export function State({ state, held, paused_since: paused }) {
  return html`<span class=${`state ${state}`}>${state}${held ? ", held" : paused ? ", paused" : ""}</span>`;
}

/** At most once a second all that tells a time is drawn, together: then the page is laid out once for all. */
function untilAll(ms) {
  const now = performance.now();
  return Math.ceil((now + ms) / 1000) * 1000 - now;
}

/** Draws again after so many ms, counted anew each time, while the page is looked at; 0 is never. */
function useTick(nextMs) {
  const [, draw] = useState(0);
  const next = useRef();
  next.current = nextMs;
  useEffect(() =>
    whileVisible(() => {
      let timer;
      const wait = () => {
        const ms = next.current();
        if (ms > 0) timer = setTimeout(tick, untilAll(ms));
      };
      const tick = () => {
        draw((n) => n + 1);
        wait();
      };
      tick();
      return () => clearTimeout(timer);
    }), []);
}

/** A time, relative, with the whole of it as its title. It keeps itself up to date. */
export function Time({ at }) {
  useTick(() => at ? untilOlder(at) : 0);
  return at ? html`<time datetime=${at} title=${localTime(at)}>${fromNow(at)}</time>` : null;
}

/** How long ago something was, coarsely. It keeps itself up to date. */
export function Age({ at }) {
  useTick(() => at ? untilOlder(at) : 0);
  return at ? age(at) : null;
}

/** How long something has taken so far, coarsely. It keeps itself up to date. */
export function Lasts({ from }) {
  useTick(() => untilCoarser(from));
  return coarse(Math.max(0, secondsBetween(from)));
}

/** How long something took, or has taken so far: then it goes on counting. */
export function Took({ from, to }) {
  useTick(() => from && !to ? 1000 : 0);
  return from ? duration(secondsBetween(from, to)) : null;
}

/** How far a job is, by its own words. */
export function Progress({ progress: percent, progress_text: text }) {
  return html`<span class="progress">${
    percent !== null &&
    html`<progress max="100" value=${percent} aria-label="Progress"></progress> ${percent}%`
  } ${text !== null && visible(text)}</span>`;
}

/** What went wrong with a request. */
export function Problem({ error }) {
  return error ? html`<p class="problem" role="alert">${error}</p>` : null;
}

/** What stands where something will be: that it is on its way, or why it is not, and that it is tried again. */
export function Loading({ error, again }) {
  if (!error) return html`<p class="faint loading" role="status">Loading …</p>`;
  return html`<${Empty}><span role="alert">${error}.</span> It is tried again. ${
    again && html`<button type="button" onClick=${again}>Try now</button>`
  }<//>`;
}

/** Says that there is nothing, and what to do next. */
export function Empty({ children }) {
  return html`<div class="empty">${children}</div>`;
}

/** Rows of names and values, and whether one takes the whole width; what has no value is left out. */
export function Facts({ rows }) {
  const there = rows.filter(([, value]) =>
    value !== null && value !== undefined && value !== "" && value !== false
  );
  return html`<dl class="facts">${
    there.map(([name, value, wide]) =>
      html`
        <div key=${name} class=${wide ? "wide" : undefined}>
          <dt>${name}</dt>
          <dd>${value}</dd>
        </div>
      `
    )
  }</dl>`;
}

/** Asks before something that cannot be undone. Resolves with whether the answer was yes. */
export function ask(question, { yes, no = "No", detail = "" }) {
  return new Promise((resolve) => {
    const place = document.createElement("div");
    document.body.append(place);
    const done = (answer) => {
      render(null, place);
      place.remove();
      resolve(answer);
    };
    render(h(Question, { question, yes, no, detail, done }), place);
  });
}

function Question({ question, yes, no, detail, done }) {
  return html`<${Dialog} title=${question} close=${() => done(false)}>
    ${detail && html`<p>${detail}</p>`}
    <div class="buttons">
      <button type="button" onClick=${() => done(false)}>${no}</button>
      <button type="button" class="danger" onClick=${() => done(true)}>${yes}</button>
    </div>
  <//>`;
}

/** A dialog over the page. Closed, it gives the focus back to where it was. */
export function Dialog({ title, close, children }) {
  const dialog = useRef();
  useEffect(() => {
    const { current } = dialog;
    const before = document.activeElement;
    current.showModal();
    return () => {
      current.close();
      if (before?.isConnected) before.focus({ preventScroll: true });
    };
  }, []);
  return html`<dialog ref=${dialog} aria-label=${title} onCancel=${close}>
    <h2>${title}</h2>
    ${children}
  </dialog>`;
}

let place;
let shown = [];

/** Says something for a few seconds; what was done can be undone for as long, where `undo` does that. */
export function say(text, { problem = false, undo = null } = {}) {
  if (!place) {
    place = document.createElement("div");
    place.setAttribute("aria-live", "polite");
    document.body.append(place);
  }
  const message = { text, problem, key: Math.random() };
  const leave = () => {
    shown = shown.filter((one) => one !== message);
    draw();
  };
  message.undo = undo && (() => {
    leave();
    attempt(undo, "Undone");
  });
  shown = [...shown.slice(-3), message];
  draw();
  setTimeout(leave, problem || undo ? 10_000 : 4000);
}

function draw() {
  render(
    html`<div class="messages">${
      shown.map(({ text, problem, key, undo }) =>
        html`<p key=${key} class=${problem ? "problem" : ""}>${text}${
          undo && [" ", html`<button type="button" onClick=${undo}>Undo</button>`]
        }</p>`
      )
    }</div>`,
    place,
  );
}

/** Does something and says how it went, and offers to undo it. Resolves with whether it went well. */
export async function attempt(action, done, { undo = null } = {}) {
  try {
    const answer = await action();
    if (done) say(typeof done === "function" ? done(answer) : done, { undo });
    return true;
  } catch (error) {
    say(error.message, { problem: true });
    return false;
  }
}

/** Whether a retry makes of it, once it is cancelled, what it is now. */
export function isUntried({ state, attempts }) {
  return state === "pending" && attempts === 0;
}

function endedWithoutWorker({ ended, left }, jobs) {
  if (!ended) return `No worker is there to end ${jobs}: the next one does when it starts`;
  return `Ended the processes of ${jobs}, which no worker watched: the next worker that starts notes it${
    left > 0 ? `; ${number(left)} of the processes could not be ended` : ""
  }`;
}

/** What became of running jobs to which something was to be done, and that no worker watches. */
export function withoutWorker(answer, jobs) {
  return "done" in answer ? pausedWithoutWorker(answer, jobs) : endedWithoutWorker(answer, jobs);
}

function pausedWithoutWorker({ done, unstopped }, jobs) {
  if (!done) return `No worker is there to tell ${jobs}: the next one does when it starts`;
  return `Done to the processes of ${jobs}, which no worker watches${
    unstopped > 0 ? `; ${number(unstopped)} of the processes could not be stopped` : ""
  }`;
}

/**
 * A button that cannot be pressed twice while it works. Those who may only look have it where it changes nothing: where
 * it has `reads`.
 */
export function Action({ run, children, kind = "", reads = false, ...rest }) {
  const [busy, setBusy] = useState(false);
  const { change } = useRights();
  if (!change && !reads) return null;
  const onClick = async () => {
    setBusy(true);
    try {
      await run();
    } finally {
      setBusy(false);
    }
  };
  return html`
    <button type="button" class=${kind} disabled=${busy} onClick=${onClick}
      ...${rest}>${children}</button>
  `;
}
