/** Keys: those of every page here; pages add their own while they are there. */
import { h, html, render, useEffect, useRef } from "./lib.js";
import { Dialog } from "./parts.js";
import { PAGES } from "./pages.js";
import { go } from "./router.js";

/** Keys of the page that is there: what they are, what they do, in words and in deed. */
const ofPage = new Set();

/** Keys of a page: `{ key, does, run(event) }`. */
export function useKeys(keys) {
  const latest = useRef();
  latest.current = keys;
  useEffect(() => {
    ofPage.add(latest);
    return () => ofPage.delete(latest);
  }, []);
}

const GLOBAL = [
  { key: "/", does: "find", run: focusSearch },
  { key: "?", does: "show the keys", run: showKeys },
];

function focusSearch(event) {
  event.preventDefault();
  const search = document.getElementById("search");
  search.focus();
  search.select();
}

function keysThere() {
  return [...GLOBAL, ...[...ofPage].flatMap(({ current }) => current)];
}

/** `g` and a letter go to a page. Whoever types or answers a question means no keys. */
export function listenForKeys() {
  let prefixed = false;
  const onKey = (event) => {
    if (event.metaKey || event.ctrlKey || event.altKey || event.defaultPrevented) return;
    const checkbox = event.target.type === "checkbox";
    if (!checkbox && event.target.closest("input, textarea, select") || event.target.closest("dialog")) {
      return;
    }
    const page = prefixed && PAGES.find(({ key }) => key === event.key);
    prefixed = event.key === "g";
    if (page) return go(page.to);
    keysThere().find(({ key }) => key === event.key)?.run(event);
  };
  addEventListener("keydown", onKey);
  return () => removeEventListener("keydown", onKey);
}

function showKeys() {
  const place = document.createElement("div");
  document.body.append(place);
  const done = () => {
    render(null, place);
    place.remove();
  };
  render(h(Keys, { done }), place);
}

function Keys({ done }) {
  return html`
    <${Dialog} title="Keys" close=${done}>
      <dl class="keys">${keysThere().filter(({ hidden }) => !hidden).map(({ key, does }) =>
        html`
          <div key=${key}>
            <dt><kbd>${key}</kbd></dt>
            <dd>${does}</dd>
          </div>
        `
      )}
      ${PAGES.map(({ key, name }) =>
        html`
          <div key=${`g ${key}`}>
            <dt><kbd>g</kbd> <kbd>${key}</kbd></dt>
            <dd>${name}</dd>
          </div>
        `
      )}</dl>
      <div class="buttons"><button type="button" onClick=${done}>Close</button></div>
      <//>
  `;
}
