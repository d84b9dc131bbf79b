/** Talking with the server: requests, and one stream of events that all pages share. */
import { useEffect, useRef, useState } from "./lib.js";

const ROOT = "/api/v1";

/** A request; resolves with the JSON of the answer. Throws an Error with the server's sentence. */
export async function call(method, path, body) {
  let response;
  try {
    response = await fetch(ROOT + path, {
      method,
      ...(body === undefined
        ? {}
        : { headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
    });
  } catch {
    throw new Error("The server cannot be reached");
  }
  if (response.status === 401) location.reload();
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(answer.detail ?? `The server answered ${response.status}`);
  return answer;
}

/** What a GET answers, as text. Throws an Error with the server's sentence. */
export async function text(path) {
  const response = await fetch(ROOT + path);
  if (response.ok) return await response.text();
  throw new Error(
    (await response.json().catch(() => ({}))).detail ?? `The server answered ${response.status}`,
  );
}

/** A path with a query; what is empty is left out. */
export function withQuery(path, query) {
  const entries = Object.entries(query).filter(([, value]) =>
    value !== undefined && value !== null && value !== ""
  );
  return entries.length === 0 ? path : `${path}?${new URLSearchParams(entries)}`;
}

const listeners = new Set();
const live = { status: null, connected: true };
let source = null;

function tell(kind) {
  for (const listener of listeners) listener(kind);
}

/**
 * A browser has few connections for one server, and all of its tabs share them: those that nobody looks at have none.
 */
document.addEventListener("visibilitychange", () => {
  if (document.hidden) source?.close();
  else if (source?.readyState === EventSource.CLOSED) connect();
});

/** Opens the stream once, for as long as the page is open. The browser comes again by itself when it breaks. */
export function connect() {
  source = new EventSource(`${ROOT}/events`);
  source.addEventListener("status", ({ data }) => {
    live.status = JSON.parse(data);
    live.connected = true;
    tell("change");
  });
  source.addEventListener("change", () => {
    live.connected = true;
    tell("change");
  });
  source.addEventListener("error", () => {
    live.connected = false;
    tell("connection");
    if (source.readyState !== EventSource.CLOSED) return;
    // The server has refused: it may be starting again, or have another token.
    setTimeout(() => {
      connect();
      call("GET", "/status").catch(() => {});
    }, 2000);
  });
}

/** What `status` says, up to date, and whether the server is heard. */
export function useLive() {
  const [, draw] = useState(0);
  useEffect(() => {
    const listener = () => draw((n) => n + 1);
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, []);
  return live;
}

/** The shortest time between two requests for the same thing. */
const PAUSE_MS = 500;

/**
 * The answer to a GET, asked for again after every change of the store, unless `live` is false, and after `every` so many
 * ms. What is shown stays until there is something newer. `null` asks for nothing.
 */
export function useAnswer(path, { every, live = true } = {}) {
  const [state, setState] = useState({ path: null, data: null, error: null });
  const reload = useRef(() => {});
  useEffect(() => {
    if (path === null) return;
    let over = false;
    let busy = false;
    let again = false;
    let timer;
    const load = async () => {
      if (busy) return again = true;
      busy = true;
      again = false;
      const next = await call("GET", path).then(
        (data) => ({ path, data, error: null }),
        (error) => ({ error: error.message }),
      );
      if (!over) setState((now) => ({ ...(now.path === path ? now : { path, data: null }), ...next }));
      timer = setTimeout(() => {
        busy = false;
        if (again && !over) load();
      }, PAUSE_MS);
    };
    reload.current = load;
    const listener = (kind) => kind === "change" && load();
    if (live) listeners.add(listener);
    const interval = every && setInterval(load, every);
    load();
    return () => {
      over = true;
      clearTimeout(timer);
      clearInterval(interval);
      listeners.delete(listener);
    };
  }, [path]);
  const current = state.path === path ? state : { data: null, error: null };
  return { ...current, reload: () => reload.current() };
}
