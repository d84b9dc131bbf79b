/** The frame around all pages: where one can go, whether the server is heard, and which page an address means. */
import { h, html, render, useEffect, useState } from "./lib.js";
import { connect, useLive } from "./api.js";
import { Overview } from "./overview.js";
import { Empty } from "./parts.js";
import { go, Link, useAddress, wish } from "./router.js";

/** Pages by their addresses, with the keys that lead there after `g`. */
const PAGES = [
  { to: "/", name: "Overview", key: "o", load: () => Overview },
  { to: "/jobs", name: "Jobs", key: "j", load: async () => (await import("./jobs.js")).Jobs },
  { to: "/dead", name: "Dead letters", key: "d", load: async () => (await import("./dead.js")).Dead },
  { to: "/groups", name: "Groups", key: "r", load: async () => (await import("./groups.js")).Groups },
  {
    to: "/schedules",
    name: "Schedules",
    key: "c",
    load: async () => (await import("./schedules.js")).Schedules,
  },
  { to: "/queues", name: "Queues", key: "q", load: async () => (await import("./queues.js")).QueuesPage },
  { to: "/limits", name: "Limits", key: "l", load: async () => (await import("./limits.js")).Limits },
  { to: "/workers", name: "Workers", key: "w", load: async () => (await import("./workers.js")).Workers },
  { to: "/settings", name: "Settings", key: "s", load: async () => (await import("./settings.js")).Settings },
  { to: "/enqueue", name: "Enqueue", key: "e", load: async () => (await import("./enqueue.js")).Enqueue },
];

const loadJob = async () => (await import("./job.js")).Job;
const loadGroup = async () => (await import("./group.js")).Group;
const loadSchedule = async () => (await import("./schedule.js")).Schedule;
const loaded = new Map();

/** A page, which is fetched when it is first gone to. */
function Page({ load, ...props }) {
  const [, draw] = useState(0);
  useEffect(() => {
    if (loaded.has(load)) return;
    Promise.resolve(load()).then((page) => {
      loaded.set(load, page);
      draw((n) => n + 1);
    });
  }, [load]);
  return loaded.has(load) ? h(loaded.get(load), props) : html`<p class="faint">Loading …</p>`;
}

function App() {
  const { path, query } = useAddress();
  const { connected } = useLive();
  useEffect(listenForKeys, []);
  const here = PAGES.find(({ to }) => to === path);
  const job = /^\/jobs\/([^/]+)$/.exec(path)?.[1];
  const id = job && decodeURIComponent(job);
  const group = /^\/groups\/([^/]+)$/.exec(path)?.[1];
  const groupName = group && decodeURIComponent(group);
  const schedule = /^\/schedules\/([^/]+)$/.exec(path)?.[1]; // a name of one needs no escapes
  document.title = `${id ?? groupName ?? schedule ?? here?.name ?? "queuectl"} · queuectl`;
  return html`
    <a class="skip" href="#main">To the content</a>
    <header>
      <${Link} to="/" class="brand">queuectl<//>
      <nav aria-label="Pages">${PAGES.map(({ to, name, key }) =>
        html`
          <${Link} key=${to} to=${to} title=${`g ${key}`}
            aria-current=${to === path || (to === "/jobs" && id) || (to === "/groups" && groupName) ||
                (to === "/schedules" && schedule)
              ? "page"
              : undefined}>${name}<//>
        `
      )}</nav>
      <span class="connection" role="status">${connected ? "" : "Connection lost; trying again …"}</span>
    </header>
    <main id="main" tabindex="-1">${id
      ? html`
        <${Page} key=${id} ...${{ load: loadJob, id, query }} />
      `
      : groupName
      ? html`
        <${Page} key=${groupName} ...${{ load: loadGroup, name: groupName, query }} />
      `
      : schedule
      ? html`
        <${Page} key=${schedule} ...${{ load: loadSchedule, name: schedule, query }} />
      `
      : here
      ? h(Page, { key: here.to, load: here.load, query })
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
    const search = document.getElementById("search");
    wish.search = search === null;
    if (search) search.focus();
    else go("/jobs");
  };
  addEventListener("keydown", onKey);
  return () => removeEventListener("keydown", onKey);
}

connect();
render(h(App), document.getElementById("app"));
