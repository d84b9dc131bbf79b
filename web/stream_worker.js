/**
 * One stream for all tabs of a browser: it has six connections for a server, whatever the number of tabs. The stream is
 * there while a tab is looked at.
 */
import { openSource } from "./source.js";

/** The tabs that are looked at. */
const looking = new Set();
let close = null;
/** What was told last; null where that may have changed since. */
let status = null;

function open() {
  close = openSource((message) => {
    if (message.status) status = message.status;
    if (message.lost) status = null;
    for (const port of looking) port.postMessage(message);
  });
}

function shut() {
  close?.();
  close = status = null;
}

const HEARD = {
  look(port) {
    looking.add(port);
    if (!close) open();
    else if (status) port.postMessage({ status });
  },
  leave(port) {
    looking.delete(port);
    if (looking.size === 0) shut();
  },
  /** Somebody has logged in: what was refused may be allowed now. */
  again() {
    shut();
    open();
  },
};

addEventListener("connect", ({ ports: [port] }) => {
  port.addEventListener("message", ({ data }) => HEARD[data](port));
  port.start();
});
