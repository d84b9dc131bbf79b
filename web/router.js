/** Addresses: every view has its own, with its filters in the query. */
import { html, useEffect, useState } from "./lib.js";

const moved = new Set();

/** Goes to an address of this site. `replace`: without a step back to where one was. */
export function go(to, { replace = false } = {}) {
  history[replace ? "replaceState" : "pushState"](null, "", to);
  for (const listener of moved) listener();
}

addEventListener("popstate", () => moved.forEach((listener) => listener()));

/** The current path, and its query as an object. */
export function useAddress() {
  const [, draw] = useState(0);
  const { href } = location;
  useEffect(() => {
    const listener = () => draw((n) => n + 1);
    moved.add(listener);
    if (location.href !== href) listener(); // it changed between drawing and this
    return () => moved.delete(listener);
  }, []);
  return { path: location.pathname, query: Object.fromEntries(new URLSearchParams(location.search)) };
}

/** The address of this view with some of its query changed; what is empty is left out. */
export function addressWith(changes) {
  const query = new URLSearchParams(location.search);
  for (const [name, value] of Object.entries(changes)) {
    query.delete(name);
    for (const one of [value].flat()) {
      if (one !== undefined && one !== null && one !== "") query.append(name, one);
    }
  }
  const text = query.toString();
  return location.pathname + (text === "" ? "" : `?${text}`);
}

/** A link within the site. */
export function Link({ to, children, ...rest }) {
  const onClick = (event) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return;
    event.preventDefault();
    const elsewhere = new URL(to, location.href).pathname !== location.pathname;
    go(to);
    if (elsewhere) scrollTo(0, 0);
  };
  return html`<a href=${to} onClick=${onClick} ...${rest}>${children}</a>`;
}

/** From a page of a list to the first and to the next one, by their cursors; nothing where this is all of it. */
export function PageLinks({ cursor, next, children }) {
  if (!cursor && !next) return null;
  return html`
    <nav class="pages" aria-label="Pages">
      ${cursor && html`<${Link} to=${addressWith({ cursor: "" })}>First page<//>`}
      ${next && html`<${Link} to=${addressWith({ cursor: next })}>Next page<//>`}
      ${children}
    </nav>
  `;
}
