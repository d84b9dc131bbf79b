/** What an attempt prints: live, as a terminal shows it, to follow, to search, to point at, and to take away. */
import { html, useEffect, useRef, useState } from "./lib.js";
import { bytes } from "./format.js";
import { Find, MOST_FOUND } from "./find.js";
import { FindBar } from "./find_bar.js";
import { alone } from "./full_screen.js";
import { LogView } from "./log_view.js";
import { Rows } from "./log_rows.js";
import { Screen } from "./screen.js";
import { listen } from "./output_stream.js";
import { Take } from "./take.js";
import { Terminal } from "./terminal.js";
import { go } from "./router.js";

const KEPT = "queuectl.output";

/** How the reader likes it, here and the next time. */
function usePreferences() {
  const [chosen, setChosen] = useState(() => {
    try {
      return { wrap: true, times: false, ...JSON.parse(localStorage.getItem(KEPT)) };
    } catch {
      return { wrap: true, times: false };
    }
  });
  const choose = (change) => {
    const next = { ...chosen, ...change };
    localStorage.setItem(KEPT, JSON.stringify(next));
    setChosen(next);
  };
  return [chosen, choose];
}

/** The lines that an address points at: `#L120`, `#L120-L125`. */
function linesOf(hash) {
  const [, from, to = from] = /^#L(\d{1,9})(?:-L?(\d{1,9}))?$/.exec(hash) ?? [];
  return from ? [Math.min(from, to), Math.max(from, to)] : null;
}

/** `end` says how the attempt ended; null while it runs. */
export function Output({ id, attempt, end }) {
  const [stream, setStream] = useState(() => new URLSearchParams(location.search).get("stream") ?? "");
  const [{ wrap, times }, choose] = usePreferences();
  const [state, setState] = useState({ following: true, any: false, over: false, problem: null });
  const [found, setFound] = useState({ count: 0, busy: false });
  const [selected, setSelected] = useState(() => linesOf(location.hash));
  const [full, setFull] = useState(false);
  const place = useRef();
  const section = useRef();
  const finder = useRef();
  const log = useRef(null);
  const change = (part) =>
    setState((state) =>
      Object.keys(part).every((name) => part[name] === state[name]) ? state : { ...state, ...part }
    );

  useEffect(() => {
    const screen = new Screen();
    const terminal = new Terminal(screen);
    const rows = new Rows();
    const find = new Find(screen, () => {
      setFound({ count: find.count, busy: find.busy });
      log.current?.view.repaint();
    });
    const view = new LogView(place.current, { screen, rows, find }, {
      following: (following) => change({ following }),
      select: (line, more) => select.current(line, more),
    });
    log.current = { screen, find, view, rows, wanted: linesOf(location.hash) };
    change({ following: true, any: false, over: false, problem: null });
    if (finder.current?.value) find.search(finder.current.value);
    const drawn = () => {
      view.update();
      if (finder.current?.value) find.update();
      change({ any: screen.lines.length > 0 });
      reach.current();
    };
    const stop = listen({ id, attempt, stream }, {
      text: (stream, text, at) => terminal.write(text, { stream, at }),
      missing: (stream, count) =>
        terminal.note(`${bytes(count)} of ${stream} that stood here are not kept (output_limit)`, stream),
      problem: (problem) => change({ problem }),
      end: () => {
        drawn();
        change({ over: true });
        log.current.over = true;
        reach.current();
      },
      drawn,
    });
    return () => {
      stop();
      find.stop();
      view.dispose();
      log.current = null;
    };
  }, [id, attempt, stream]);

  /** Goes to the lines that the address points at, once they are there. */
  const reach = useRef(() => {});
  reach.current = () => {
    const { screen, view, wanted, over } = log.current;
    if (!wanted || !over && screen.lines.length <= screen.lineOf(wanted[1])) return;
    log.current.wanted = null;
    requestAnimationFrame(() =>
      log.current?.view === view && view.showLine(Math.min(screen.lineOf(wanted[0]), screen.lines.length - 1))
    );
  };

  const select = useRef(() => {});
  select.current = (line, more) => {
    const named = log.current.screen.numberOf(line);
    const start = more && selected ? log.current.anchor ?? selected[0] : named;
    log.current.anchor = start;
    const next = [Math.min(start, named), Math.max(start, named)];
    setSelected(next);
    const query = new URLSearchParams(location.search);
    query.set("attempt", attempt); // what is the last one now may not be tomorrow
    go(`${location.pathname}?${query}#L${next[0]}${next[1] > next[0] ? `-L${next[1]}` : ""}`, {
      replace: true,
    });
  };

  useEffect(() => {
    const onHash = () => {
      const lines = linesOf(location.hash);
      setSelected(lines);
      if (log.current) log.current.wanted = lines;
      if (lines) reach.current();
    };
    addEventListener("hashchange", onHash);
    return () => removeEventListener("hashchange", onHash);
  }, []);

  useEffect(() => {
    const lines = selected?.map((named) => log.current.screen.lineOf(named)) ?? null;
    log.current.view.set({ wrap, times, end: state.over ? end ?? "" : null, selected: lines });
  }, [wrap, times, end, selected, state.over, state.any, id, attempt, stream]);

  // it is as high as what is left of the window
  useEffect(() => {
    const log = place.current;
    const fit = () => {
      const { top } = log.getBoundingClientRect();
      log.style.setProperty("--top", `${Math.round(top + scrollY)}px`);
    };
    const observer = new ResizeObserver(fit);
    observer.observe(document.body);
    return () => observer.disconnect();
  }, []);

  useEffect(() => full ? alone(section.current, () => setFull(false)) : undefined, [full]);

  const onStream = ({ target }) => {
    setStream(target.value);
    const query = new URLSearchParams(location.search);
    if (target.value) query.set("stream", target.value);
    else query.delete("stream");
    go(`${location.pathname}?${query}`, { replace: true });
  };
  const onKeyDown = (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key === "f" && event.target !== finder.current) {
      event.preventDefault();
      finder.current.select();
    }
  };
  const toggle = (name, on, onClick) =>
    html`<button type="button" aria-pressed=${on} onClick=${onClick}>${name}</button>`;

  return html`
    <section class=${full ? "output full" : "output"} ref=${section} onKeyDown=${onKeyDown}>
      <div class="log-bar">
          <select aria-label="Stream" value=${stream} onChange=${onStream}>
            <option value="">both streams</option><option>stdout</option><option>stderr</option></select>
          ${toggle("Wrap", wrap, () => choose({ wrap: !wrap }))}
          ${toggle("Times", times, () => choose({ times: !times }))}
          <${FindBar} field=${finder} most=${MOST_FOUND} ...${found} log=${log}/>
          <${Take} ...${{ id, attempt, stream, times, log }}/>
          ${toggle("Full screen", full, () => setFull(!full))}
        </div>
        ${state.problem &&
          html`<p class="problem log-problem" role="alert">${state.problem}. Trying again …</p>`}
        <div class="log-frame">
          <div class="log" ref=${place} tabindex="0" role="region" aria-label="Output"></div>
          ${!state.any && !state.problem &&
            html`<p class="log-nothing">${state.over ? "It printed nothing" : "Nothing yet"}</p>`}
          ${!state.following && html`<button type="button" class="log-jump" onClick=${() => {
            log.current.view.follow();
            place.current.focus({ preventScroll: true });
          }}>Jump to end ↓</button>`}
        </div>
      </section>
  `;
}
