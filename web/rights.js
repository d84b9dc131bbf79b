/** What whoever looks may do: those who may only look are shown nothing that would be refused. */
import { useEffect, useState } from "./lib.js";
import { call } from "./requests.js";
import { onLive } from "./stream.js";

const listeners = new Set();
let right = null;

let asking = null;

/** Asks the server: at the start, and after every login. */
export function learnRights() {
  asking ??= call("GET", "/rights").then(learn, () => {}).finally(() => asking = null);
}

// a refused stream may take a login, and what could not be asked is asked again
onLive((kind) => (kind === "refused" || kind === "change" && right === null) && learnRights());

function learn(answer) {
  if (answer.right === right) return;
  right = answer.right;
  for (const listener of listeners) listener();
}

/** Whether changes are allowed; neither is true until that is known. */
export function useRights() {
  const [known, draw] = useState(right);
  useEffect(() => {
    const listener = () => draw(right);
    listeners.add(listener);
    listener(); // it may have been learned between drawing and this
    return () => listeners.delete(listener);
  }, []);
  return { change: known === "change", readOnly: known === "read" };
}

/** What is there only for those who may change things. */
export function MayChange({ children }) {
  return useRights().change ? children : null;
}
