/** The frame around all pages: where one can go, whether the server is heard, and which page an address means. */
import { h, html, render, useEffect } from "./lib.js";
import { connect, useLive } from "./api.js";
import { Dead } from "./dead.js";
import { Enqueue } from "./enqueue.js";
import { Job } from "./job.js";
import { Jobs } from "./jobs.js";
import { Overview } from "./overview.js";
import { Empty } from "./parts.js";
import { QueuesPage } from "./queues.js";
import { go, Link, useAddress } from "./router.js";
import { Settings } from "./settings.js";
import { Workers } from "./workers.js";

/** Pages by their addresses, with the keys that lead there after `g`. */
const PAGES = [
  { to: "/", name: "Overview", key: "o", page: Overview },
  { to: "/jobs", name: "Jobs", key: "j", page: Jobs },
  { to: "/dead", name: "Dead letters", key: "d", page: Dead },
  { to: "/queues", name: "Queues", key: "q", page: QueuesPage },
  { to: "/workers", name: "Workers", key: "w", page: Workers },
  { to: "/settings", name: "Settings", key: "s", page: Settings },
  { to: "/enqueue", name: "Enqueue", key: "e", page: Enqueue },
];

function App() {
  const { path, query } = useAddress();
  const { connected } = useLive();
  useEffect(listenForKeys, []);
  const here = PAGES.find(({ to }) => to === path);
  const job = /^\/jobs\/([^/]+)$/.exec(path)?.[1];
  const id = job && decodeURIComponent(job);
  document.title = `${id ?? here?.name ?? "queuectl"} · queuectl`;
  return html`
    <a class="skip" href="#main">To the content</a>
    <header>
      <${Link} to="/" class="brand">queuectl<//>
      <nav aria-label="Pages">${PAGES.map(({ to, name, key }) =>
        html`
          <${Link} key=${to} to=${to} title=${`g ${key}`}
            aria-current=${to === path || (to === "/jobs" && id) ? "page" : undefined}>${name}<//>
        `
      )}</nav>
      <span class="connection" role="status">${connected ? "" : "Connection lost; trying again …"}</span>
    </header>
    <main id="main" tabindex="-1">${id
      ? html`
        <${Job} key=${id} ...${{ id, query }} />
      `
      : here
      ? h(here.page, { query })
      : html`
        <h1>Not here</h1>
        <${Empty}>There is nothing at ${path}. <${Link} to="/">Overview<//><//>
      `}</main>
  `;
}

/** `g` and a letter go to a page; `/` goes to the search. */
function listenForKeys() {
  let prefixed = false;
  const onKey = (event) => {
    const typing = event.target.closest("input, textarea, select, dialog");
    if (typing || event.metaKey || event.ctrlKey || event.altKey) return;
    const page = prefixed && PAGES.find(({ key }) => key === event.key);
    prefixed = event.key === "g";
    if (page) go(page.to);
    if (event.key !== "/") return;
    event.preventDefault();
    if (location.pathname !== "/jobs") go("/jobs");
    requestAnimationFrame(() => document.getElementById("search")?.focus());
  };
  addEventListener("keydown", onKey);
  return () => removeEventListener("keydown", onKey);
}

connect();
render(h(App), document.getElementById("app"));
