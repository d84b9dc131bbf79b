/**
 * What an attempt prints, as it prints it: read from the server until its end, gone on with after a broken connection,
 * and left alone while nobody looks. It is handed on in portions, between which the page can do something else.
 */

const ROOT = "/api/v1";
/** How long work goes on without letting anything else happen. */
const PORTION_MS = 8;
const PART = 16 * 1024;
const AGAIN_MS = 2000;

export function addressOfOutput(id, attempt, { stream = "", events = false, timestamps = false } = {}) {
  const query = new URLSearchParams({
    ...(attempt && { attempt }),
    ...(stream && { stream }),
    ...(timestamps && { timestamps: "true" }),
  });
  return `${ROOT}/jobs/${encodeURIComponent(id)}/output${events ? "/events" : ""}?${query}`;
}

/**
 * Hears of `text` (stream, text, at), of `missing` (stream, bytes) before a text, of a `problem`, which is null once it
 * is over, and of the `end`. Returns what ends it.
 */
export function listen({ id, attempt, stream }, { text, missing, problem, end, drawn }) {
  let aborter = null;
  let timer = null;
  let over = false;
  let last = 0;
  const ends = {};
  const decoders = {};

  const portion = portions(() => over || drawn());

  const take = async ({ stream, start, base64, at }) => {
    const bytes = bytesOf(base64);
    const lost = start - (ends[stream] ?? 0);
    if (lost > 0) {
      text(stream, decoders[stream]?.decode() ?? "", at);
      missing(stream, lost);
    }
    ends[stream] = start + bytes.length;
    decoders[stream] ??= new TextDecoder();
    const all = decoders[stream].decode(bytes, { stream: true });
    for (let from = 0; from < all.length;) {
      let to = Math.min(all.length, from + PART);
      if (to < all.length && isHigh(all, to - 1)) to += 1;
      text(stream, all.slice(from, to), at);
      from = to;
      await portion();
    }
  };

  const hear = async (event) => {
    const fields = Object.fromEntries(
      event.split("\n").map((line) => /^(\w*): ?(.*)$/.exec(line)?.slice(1) ?? ["", ""]),
    );
    if (fields.event === "output") await take(JSON.parse(fields.data));
    if (fields.id) last = Number(fields.id);
    if (fields.event === "end") {
      over = true;
      for (const [stream, decoder] of Object.entries(decoders)) text(stream, decoder.decode(), null);
      end();
    }
  };

  const read = async () => {
    const mine = aborter = new AbortController();
    try {
      const headers = last > 0 ? { "last-event-id": String(last) } : {};
      const response = await fetch(addressOfOutput(id, attempt, { stream, events: true }), {
        headers,
        signal: mine.signal,
      });
      if (!response.ok) {
        throw new Error(
          (await response.json().catch(() => ({}))).detail ?? `The server answered ${response.status}`,
        );
      }
      problem(null);
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      let begun = "";
      while (!mine.signal.aborted) {
        const { done, value } = await reader.read();
        if (done) break;
        const events = (begun + value).split("\n\n");
        begun = events.pop();
        for (const event of events) if (!mine.signal.aborted) await hear(event);
        if (!over) drawn();
      }
    } catch (error) {
      if (mine.signal.aborted) return;
      problem(
        error instanceof TypeError
          ? "The output cannot be loaded: the server cannot be reached"
          : error.message,
      );
    }
    if (!over && !mine.signal.aborted) timer = setTimeout(read, AGAIN_MS);
  };

  const stop = () => {
    clearTimeout(timer);
    aborter?.abort();
  };
  const onVisibility = () => {
    stop();
    if (!document.hidden && !over) read();
  };
  document.addEventListener("visibilitychange", onVisibility);
  if (!document.hidden) read();
  return () => {
    over = true;
    stop();
    document.removeEventListener("visibilitychange", onVisibility);
  };
}

function bytesOf(base64) {
  if (Uint8Array.fromBase64) return Uint8Array.fromBase64(base64);
  return Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
}

function isHigh(text, at) {
  return (text.charCodeAt(at) & 0xfc00) === 0xd800;
}

/** A pause whenever work has gone on for long enough. */
function portions(drawn) {
  let began = performance.now();
  return async () => {
    if (performance.now() - began < PORTION_MS) return;
    drawn();
    await new Promise((done) => setTimeout(done));
    began = performance.now();
  };
}
