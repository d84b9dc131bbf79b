/** The frame around all pages: where one can go, what is looked for, and whether the server is heard. */
import { h, html, render, useEffect, useRef } from "./lib.js";
import { compact } from "./format.js";
import { listenForKeys } from "./keys.js";
import { Nowhere, Page, pageAt, PAGES } from "./pages.js";
import { learnRights, useRights } from "./rights.js";
import { Link, useAddress } from "./router.js";
import { Search } from "./search.js";
import { connect, useLive } from "./stream.js";
import { ThemeSwitch } from "./theme_switch.js";

function App() {
  const { path, query } = useAddress();
  const here = pageAt(path);
  const main = useRef();
  const came = useRef(path);
  useEffect(listenForKeys, []);
  useEffect(() => {
    if (came.current === path) return;
    came.current = path;
    if (document.activeElement?.id !== "search") main.current.focus({ preventScroll: true });
  }, [path]);
  document.title = `${here?.title ?? "Not here"} · queuectl`;
  return html`
    <a class="skip" href="#main">To the content</a>
    <header>
      <${Link} to="/" class="brand">queuectl<//>
      <${Menu} here=${here?.menu} />
      <${Search} ...${{ path, query }} />
      <${Connection} />
      <${ThemeSwitch} />
    </header>
    <main id="main" tabindex="-1" ref=${main}>${here
      ? h(Page, { key: path, of: here, props: { ...here.props, query } })
      : h(Nowhere, { path })}</main>
  `;
}

function Menu({ here }) {
  const { status } = useLive();
  const { readOnly } = useRights();
  const menu = useRef();
  useEffect(() => {
    // it may be longer than the row is wide
    menu.current.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
  }, [here]);
  return html`<nav aria-label="Menu" ref=${menu}>${
    PAGES.filter(({ changes }) => !changes || !readOnly).map((page) => {
      const { to, name, key, short = name, count, bad } = page;
      const n = status && (bad ?? count)?.(status);
      return html`
        <${Link} key=${to} to=${to} title=${`${name} (g ${key})`}
          aria-current=${to === here ? "page" : undefined}>${short}${n > 0 && html`
            <span class=${bad ? "n bad" : "n"}>${compact(n)}</span>
          `}<//>
      `;
    })
  }</nav>`;
}

function Connection() {
  const { connected, status } = useLive();
  if (connected && !status) return html`<span class="connection" role="status"></span>`;
  return html`<span class=${connected ? "connection live" : "connection"} role="status">${
    connected ? "live" : "Connection lost; trying again …"
  }</span>`;
}

connect();
learnRights();
render(h(App), document.getElementById("app"));
