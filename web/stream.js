/** What happens on the server, as one stream that all tabs of a browser share, and that tells those that are looked at. */
import { useEffect, useState } from "./lib.js";

const listeners = new Set();
const live = { status: null, connected: true };

/**
 * Calls `listener` after every change of the store ("change"), when the server is lost ("lost"), and when it is there but
 * refuses ("refused"). Returns how to end that.
 */
export function onLive(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function tell(kind) {
  for (const listener of [...listeners]) listener(kind);
}

function hear({ status, lost = false, refused = false }) {
  if (document.hidden) return; // on its way when the page was left; whoever looks again is told how things are
  if (status) live.status = status;
  live.connected = !lost;
  tell(refused ? "refused" : lost ? "lost" : "change");
}

/** Calls `open` while the page is looked at; what it returns is called when it is hidden. Returns how to end it all. */
export function whileVisible(open) {
  let close = null;
  const follow = () => {
    if (!document.hidden) return close ??= open() ?? (() => {});
    close?.();
    close = null;
  };
  follow();
  document.addEventListener("visibilitychange", follow);
  return () => {
    document.removeEventListener("visibilitychange", follow);
    close?.();
  };
}

let port = null;

/** Follows the server for as long as the page is open. */
export function connect() {
  if (typeof SharedWorker === "undefined") return connectAlone();
  const worker = new SharedWorker("/assets/stream_worker.js", { type: "module", name: "queuectl" });
  worker.addEventListener("error", connectAlone, { once: true });
  ({ port } = worker);
  port.addEventListener("message", ({ data }) => hear(data));
  port.start();
  whileVisible(() => {
    port.postMessage("look");
    return () => port.postMessage("leave");
  });
  addEventListener("pagehide", () => port.postMessage("leave"));
}

/** Some browsers of phones have no workers that are shared. */
async function connectAlone() {
  const { openSource } = await import("./source.js");
  whileVisible(() => openSource(hear));
}

/** Asks a server again that has refused: somebody has logged in. */
export function connectAgain() {
  port?.postMessage("again");
}

/** What `status` says, up to date, and whether the server is heard. */
export function useLive() {
  const [, draw] = useState(0);
  const { status, connected } = live;
  useEffect(() => {
    const again = () => draw((n) => n + 1);
    const unheard = onLive(again);
    if (live.status !== status || live.connected !== connected) again(); // it changed between drawing and this
    return unheard;
  }, []);
  return live;
}
