/** What pages know from the server, kept up to date while they are looked at. */
import { useEffect, useRef, useState } from "./lib.js";
import { call } from "./requests.js";
import { onLive } from "./stream.js";

export { call, text, withQuery } from "./requests.js";
export { useLive, whileVisible } from "./stream.js";

/** The shortest time between two requests for the same thing. */
const PAUSE_MS = 500;
/** What could not be loaded is tried again after so long, then after twice as long, and so on. */
const AGAIN_MS = 1000;
const LONGEST_AGAIN_MS = 30_000;

/** Where nothing changes, what is told of the last hour grows old all the same: it is asked for again after so long. */
const RESTED_MS = 300_000;

/**
 * The answer to a GET, asked for again after every change of the store, unless `live` is false. With `every`, it is asked
 * for every so many ms while the store changes, or while the answer is `restless`: then it changes by itself. What is
 * shown stays until there is something newer. What could not be had is asked for again, where that may help. `null` asks
 * for nothing.
 */
export function useAnswer(path, { every, live = true, restless = () => false } = {}) {
  const [state, setState] = useState({ path: null, data: null, error: null });
  const reload = useRef(() => {});
  useEffect(() => {
    if (path === null) return;
    let over = false;
    let busy = false;
    let again = false;
    let failures = 0;
    let timer;
    let askedAt = 0;
    let old = false;
    const load = async () => {
      if (busy) return again = true;
      busy = true;
      again = old = false;
      askedAt = performance.now();
      clearTimeout(timer);
      const next = await call("GET", path).then(
        (data) => ({ path, data, error: null, passing: false }),
        ({ message, passing }) => ({ error: message, passing }),
      );
      if (over) return;
      failures = next.error ? failures + 1 : 0;
      if (next.data && restless(next.data)) old = true;
      setState((now) => ({ ...(now.path === path ? now : { path, data: null }), ...next }));
      const waitMs = Math.min(LONGEST_AGAIN_MS, AGAIN_MS * 2 ** (failures - 1));
      timer = setTimeout(() => {
        busy = false;
        if ((again || next.passing) && !document.hidden) load(); // else when it is looked at: that is told as a change
      }, next.passing ? waitMs : PAUSE_MS);
    };
    const onChange = () => {
      if (failures > 0) busy = false; // the server is heard: nothing is waited for any more
      load();
    };
    reload.current = load;
    const unheard = onLive((kind) => {
      if (kind !== "change") return;
      old = true;
      if (live || failures > 0) onChange();
    });
    const interval = every && setInterval(() => {
      if (!document.hidden && (old || performance.now() - askedAt > RESTED_MS)) load();
    }, every);
    load();
    return () => {
      over = true;
      clearTimeout(timer);
      clearInterval(interval);
      unheard();
    };
  }, [path]);
  const current = state.path === path ? state : { data: null, error: null };
  return { ...current, reload: () => reload.current() };
}
