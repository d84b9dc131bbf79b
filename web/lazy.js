/** Pages, and parts of pages, that are fetched when they are first shown. */
import { h, html, useEffect, useState } from "./lib.js";
import { Loading } from "./parts.js";
import { onLive } from "./stream.js";

const loaded = new Map();
const AGAIN_MS = 2000;

/** Modules that could not be fetched are remembered as such by some browsers: another address is another module. */
async function load(file, tries) {
  const module = await import(`./${file}.js${tries === 0 ? "" : `?again=${tries}`}`);
  await module.ready; // what else it cannot be shown without
  loaded.set(file, module);
}

/**
 * What `part` of the module in `file` shows of its `props`. Where it cannot be fetched that is said, of `what` it is, and
 * it is fetched when the server is there again. Until then there is its `heading`, if it has one.
 */
export function Lazy({ file, part, what, heading, props }) {
  const [{ tries, error }, setState] = useState({ tries: 0, error: null });
  const again = () => setState({ tries: tries + 1, error: null });
  useEffect(() => {
    if (loaded.has(file) || error) return;
    let over = false;
    load(file, tries).then(
      () => over || setState({ tries, error: null }),
      () => over || setState({ tries, error: `${what} could not be loaded` }),
    );
    return () => over = true;
  }, [file, tries]);
  useEffect(() => {
    if (!error) return;
    const timer = setTimeout(again, AGAIN_MS * Math.min(15, 1 + tries));
    const unheard = onLive((kind) => kind === "change" && again());
    return () => {
      clearTimeout(timer);
      unheard();
    };
  }, [error]);
  if (loaded.has(file)) return h(loaded.get(file)[part], props);
  return html`
    ${heading && html`<h1>${heading}</h1>`}
    <${Loading} ...${{ error, again }} />
  `;
}
