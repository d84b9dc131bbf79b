/** Which page an address means, and fetching it: each is there once it is first gone to. */
import { html } from "./lib.js";
import { Lazy } from "./lazy.js";
import { Empty } from "./parts.js";

/** Those of the menu, with the keys that lead there after `g`, and how many of its things there are. */
export const PAGES = [
  { to: "/", name: "Overview", key: "o", file: "overview", page: "Overview" },
  { to: "/jobs", name: "Jobs", key: "j", file: "jobs", page: "Jobs", count: jobsOf },
  { to: "/dead", name: "Dead letters", short: "Dead", key: "d", file: "dead", page: "Dead", bad: deadOf },
  { to: "/groups", name: "Groups", key: "r", file: "groups", page: "Groups" },
  {
    ...{ to: "/schedules", name: "Schedules", key: "c", file: "schedules", page: "Schedules" },
    count: ({ schedules }) => schedules.total,
  },
  {
    ...{ to: "/queues", name: "Queues", key: "q", file: "queues", page: "QueuesPage" },
    count: ({ queues, more_queues: more }) => queues.length + more,
  },
  { to: "/limits", name: "Limits", key: "l", file: "limits", page: "Limits" },
  {
    ...{ to: "/workers", name: "Workers", key: "w", file: "workers", page: "Workers" },
    count: ({ workers }) => workers.length,
  },
  { to: "/settings", name: "Settings", key: "s", file: "settings", page: "Settings" },
  { to: "/audit", name: "Audit", key: "a", file: "audit", page: "Audit" },
  { to: "/enqueue", name: "Enqueue", key: "e", file: "enqueue", page: "Enqueue", changes: true },
];

/** Those of single things: below which address, and what the page calls the thing's name. */
const DETAILS = [
  { under: "/jobs", file: "job", page: "Job", as: "id" },
  { under: "/groups", file: "group", page: "Group", as: "name" },
  { under: "/queues", file: "queue", page: "Queue", as: "name" },
  { under: "/schedules", file: "schedule", page: "Schedule", as: "name" },
];

function jobsOf({ counts }) {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}

function deadOf({ counts }) {
  return counts.dead;
}

/** What is at an address: the page, its title, the address of the menu that it belongs to. Undefined where nothing is. */
export function pageAt(path) {
  const here = PAGES.find(({ to }) => to === path);
  if (here) return { ...here, title: here.name, menu: here.to, props: {} };
  const [, under, thing] = /^(\/[^/]+)\/([^/]+)$/.exec(path) ?? [];
  const detail = DETAILS.find((one) => one.under === under);
  if (!detail) return undefined;
  const name = decodeURIComponent(thing);
  return { ...detail, title: name, menu: under, props: { [detail.as]: name } };
}

/** A page, once it is there. */
export function Page({ of, props }) {
  return html`
    <${Lazy} ...${{ ...of, part: of.page, what: "This page", heading: of.title, props }} />
  `;
}

/** Where nothing is. */
export function Nowhere({ path }) {
  return html`
    <h1>Not here</h1>
    <${Empty}>There is nothing at ${path}. <a href="/">Overview</a><//>
  `;
}
