/** What an attempt prints: live, with colours, to follow, to search, to take away, and to compare. */
import { html, useEffect, useMemo, useRef, useState } from "./lib.js";
import { pieces } from "./ansi.js";
import { clockTime } from "./format.js";
import { diffLines } from "./diff.js";
import { Problem } from "./parts.js";

const ROOT = "/api/v1";
/** Characters shown at most, the last ones; the rest can be downloaded. */
const MOST_SHOWN = 500_000;

function addressOf(id, attempt, stream) {
  return `${ROOT}/jobs/${encodeURIComponent(id)}/output?attempt=${attempt}${
    stream ? `&stream=${stream}` : ""
  }`;
}

/** The text of an attempt as it grows; what was not kept is a line that says so. */
function useOutput(id, attempt, stream, times) {
  const [text, setText] = useState("");
  const [over, setOver] = useState(false);
  useEffect(() => {
    setText("");
    setOver(false);
    const decoders = {};
    /** Of each stream the line that has not ended, and when it was seen last. */
    const begun = {};
    const write = (stream, text, at) => times ? stamped(begun, { stream, text, at }) : text;
    const ends = {};
    const address = addressOf(id, attempt, stream).replace("/output?", "/output/events?");
    const source = new EventSource(address);
    let waiting = "";
    let frame;
    source.addEventListener("output", ({ data }) => {
      const { stream, start, base64, at } = JSON.parse(data);
      const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
      const missing = start - (ends[stream] ?? 0);
      // what was cut off there does not go on
      if (missing > 0 && decoders[stream]) waiting += write(stream, decoders[stream].decode(), at);
      if (missing > 0) waiting += write(stream, `\n[${missing} bytes of ${stream} were not kept]\n`, at);
      ends[stream] = start + bytes.length;
      decoders[stream] ??= new TextDecoder();
      waiting += write(stream, decoders[stream].decode(bytes, { stream: true }), at);
      show();
    });
    const show = () => {
      frame ??= requestAnimationFrame(() => {
        const more = waiting;
        waiting = "";
        frame = undefined;
        setText((text) => (text + more).slice(-MOST_SHOWN));
      });
    };
    source.addEventListener("end", () => {
      for (const { text, at } of Object.values(begun)) waiting += line(text, at);
      show();
      setOver(true);
      source.close();
    });
    return () => {
      source.close();
      cancelAnimationFrame(frame);
    };
  }, [id, attempt, stream, times]);
  return { text, over };
}

/** The lines that end within a text, with the times of their ends; what has not ended waits. */
function stamped(begun, { stream, text, at }) {
  const lines = ((begun[stream]?.text ?? "") + text).split("\n");
  const last = lines.pop();
  if (last === "") delete begun[stream];
  else begun[stream] = { text: last, at };
  return lines.map((text) => line(text, at)).join("");
}

function line(text, at) {
  return `${clockTime(at)} ${text}\n`;
}

export function Output({ id, attempt, last }) {
  const [stream, setStream] = useState("");
  const [follow, setFollow] = useState(true);
  const [search, setSearch] = useState("");
  const [other, setOther] = useState(0);
  const [times, setTimes] = useState(false);
  const { text, over } = useOutput(id, attempt, stream, times);
  const place = useRef();
  useEffect(() => {
    if (follow && !over) place.current?.scrollTo(0, place.current.scrollHeight);
  }, [text, follow]);
  const lines = useMemo(
    () =>
      search === ""
        ? null
        : text.split("\n").filter((line) => line.toLowerCase().includes(search.toLowerCase())),
    [text, search],
  );
  const attempts = Array.from({ length: last }, (_, n) => n + 1).filter((n) => n !== attempt);
  return html`<section class="output"><div class="bar">
      <h2>Output of attempt ${attempt}</h2>
      <label>Stream <select value=${stream} onChange=${({ target }) => setStream(target.value)}>
        <option value="">both</option><option>stdout</option><option>stderr</option></select></label>
      <label><input type="checkbox" checked=${times} onChange=${({ target }) =>
    setTimes(target.checked)}/> times</label>
      <label>Find <input type="search" value=${search} onInput=${({ target }) =>
    setSearch(target.value)}/></label>
      ${
    !over && html`<label><input type="checkbox" checked=${follow} onChange=${({ target }) =>
      setFollow(target.checked)}/> follow</label>`
  }
      ${
    attempts.length > 0 && html`<label>Compare with <select value=${other} onChange=${({ target }) =>
      setOther(Number(target.value))}>
        <option value="0">–</option>${
      attempts.map((n) =>
        html`<option key=${n} value=${n}>attempt ${n}</option>`
      )
    }</select></label>`
  }
      <a href=${addressOf(id, attempt, stream)} download=${`${id}-${attempt}${
    stream ? `.${stream}` : ""
  }.log`}>Download</a>
    </div>
    ${
    other > 0
      ? html`
        <${Difference} ...${{ id, attempt, other, stream }} />
      `
      : html`<pre ref=${place} tabindex="0" aria-label="Output">${
        lines
          ? (lines.length > 0 ? lines.join("\n") : html`<span class="faint">No line has "${search}"</span>`)
          : text === ""
          ? html`<span class="faint">${over ? "It printed nothing" : "Nothing yet"}</span>`
          : pieces(text).map(({ text, classes }, n) =>
            classes ? html`<span key=${n} class=${classes}>${text}</span>` : text
          )
      }</pre>`
  }
  </section>`;
}

function Difference({ id, attempt, other, stream }) {
  const [state, setState] = useState({ lines: null, error: null });
  useEffect(() => {
    let over = false;
    const text = async (n) => {
      const response = await fetch(addressOf(id, n, stream));
      if (!response.ok) throw new Error((await response.json()).detail);
      return await response.text();
    };
    Promise.all([text(other), text(attempt)]).then(
      ([before, after]) => !over && setState({ lines: diffLines(before, after), error: null }),
      (error) => !over && setState({ lines: null, error: error.message }),
    );
    return () => over = true;
  }, [id, attempt, other, stream]);
  if (state.error) return html`<${Problem} error=${state.error}/>`;
  if (!state.lines) return html`<p class="faint">Loading …</p>`;
  if (state.lines.every(({ kind }) => kind === "same")) {
    return html`<p class="faint">Both printed the same.</p>`;
  }
  return html`<pre tabindex="0" aria-label=${`Difference from attempt ${other} to ${attempt}`}>${
    state.lines.map(({ kind, text }, n) =>
      html`<span key=${n} class=${kind}>${{ same: "  ", gone: "- ", new: "+ " }[kind]}${text}${"\n"}</span>`
    )
  }</pre>`;
}
