/** The list of jobs: filtered, sorted, selected, and changed in bulk. */
import { html, useEffect, useMemo, useRef, useState } from "./lib.js";
import { useAnswer, withQuery } from "./api.js";
import { AllFound, Selected } from "./bulk.js";
import { filterIn, Filters, sumOf, Tabs, useCounts } from "./filters.js";
import { jobs as count, number } from "./format.js";
import { useHeld } from "./held.js";
import { JobTable } from "./job_table.js";
import { useKeys } from "./keys.js";
import { Empty, Loading, Problem } from "./parts.js";
import { useRights } from "./rights.js";
import { Link, PageLinks } from "./router.js";

/** Jobs on a page. */
const LIMIT = 50;

export function Jobs({ query }) {
  const { change } = useRights();
  const params = new URLSearchParams(location.search);
  const filter = useMemo(() => filterIn(params), [location.search]);
  const { sort = "newest", cursor } = query;
  const path = withQuery("/jobs", { ...filter, sort: sort === "newest" ? "" : sort, cursor, limit: LIMIT });
  const answer = useAnswer(path);
  const [selected, setSelected] = useState(new Set());
  const counts = useCounts(filter);
  const found = useFound(filter, counts);
  const page = answer.data;
  const held = useHeld(path, page?.jobs ?? null, {
    ...{ whole: page?.cursor === null, stays: selected.size > 0 },
  });
  const rows = held.rows ?? [];
  const chosen = rows.filter(({ id }) => selected.has(id));
  const pick = usePicking(rows, selected, setSelected);
  useEffect(() => setSelected(new Set()), [location.search]);
  useRowKeys(pick, change);
  const done = () => {
    setSelected(new Set());
    held.renew();
    answer.reload();
    found.reload();
  };
  const filtered = Object.keys(filter).length > 0;
  return html`
    <h1 class="sr-only">Jobs</h1>
    <section class=${held.stale ? "panel stale" : "panel"} aria-busy=${held.stale} ...${held.handlers}>
      <${Tabs} ...${{ filter, counts }} />
      <div class="filters">
        <${Filters} ...${{ filter, hours: query.hours ?? "" }} />
        <span class="found" role="status">${found.count !== null && `${number(found.count)} found`}</span>
        ${held.waiting > 0 &&
          html`<button type="button" class="fresh" onClick=${held.show}>${
            count(held.waiting).replace(" job", " new job")
          }</button>`}
        ${change && chosen.length === 0 && filtered && rows.length > 0 &&
          html`<${AllFound} ...${{ filter, done }} />`}
      </div>
      ${held.rows !== null && html`<${Problem} error=${answer.error}/>`}
      ${held.rows === null
        ? html`<${Loading} error=${answer.error} again=${answer.reload} />`
        : rows.length === 0
        ? html`<${Nothing} filtered=${filtered} />`
        : html`<${JobTable} jobs=${rows} ...${{ sort, gone: held.gone }} ...${
          change ? { selected, ...pick } : {}
        } />`}
      ${chosen.length > 0 && html`<${Selected} ...${{ chosen, done, none: () => setSelected(new Set()) }} />`}
    </section>
    <${PageLinks} cursor=${cursor} next=${page?.cursor} />
  `;
}

function Nothing({ filtered }) {
  const { change } = useRights();
  if (filtered) return html`<${Empty}>No job matches. <${Link} to="/jobs">Show all<//><//>`;
  return html`<${Empty}>No jobs yet. ${change && html`<${Link} to="/enqueue">Enqueue one<//>`}<//>`;
}

/** How many jobs a filter finds: by the counts there are, else the server counts, once and after each change made here. */
function useFound(filter, counts) {
  const answer = useAnswer(counts ? null : withQuery("/bulk/count", filter), { live: false });
  if (counts) return { count: sumOf(counts, filter.state), reload() {} };
  return { count: answer.data?.count ?? null, reload: answer.reload };
}

/** Choosing rows: one, all, or with the shift key all from the one before. */
function usePicking(rows, selected, setSelected) {
  const last = useRef(null);
  const ids = rows.map(({ id }) => id);
  return {
    toggle(id, on, range) {
      const next = new Set(selected);
      const [from, to] = [ids.indexOf(last.current), ids.indexOf(id)].sort((a, b) => a - b);
      for (const one of range && from >= 0 ? ids.slice(from, to + 1) : [id]) next[on ? "add" : "delete"](one);
      last.current = id;
      setSelected(next);
    },
    all: (on) => setSelected(new Set(on ? ids : [])),
  };
}

/** Keys that go from row to row, by the focus on the links of the jobs, which Enter follows. */
function useRowKeys({ toggle }, change) {
  const links = () => [...document.querySelectorAll("table.jobs tbody td.id a")];
  const move = (step) => () => {
    const all = links();
    const at = all.findIndex((link) => link.closest("tr").contains(document.activeElement));
    all[at < 0 ? (step > 0 ? 0 : all.length - 1) : Math.min(all.length - 1, Math.max(0, at + step))]?.focus();
  };
  const here = () => document.activeElement?.closest("table.jobs tbody tr");
  const keys = [
    { key: "j", does: "the next job", run: move(1) },
    { key: "k", does: "the job before", run: move(-1) },
    { key: "Enter", does: "open it", run() {} }, // the link that has the focus does
  ];
  const select = {
    key: "x",
    does: "select it, with the shift key (X) all from the last one on",
    run(event) {
      const box = here()?.querySelector("input[type=checkbox]");
      if (box) toggle(here().dataset.id, !box.checked, event.shiftKey);
    },
  };
  useKeys(change ? [...keys, select, { ...select, key: "X", hidden: true }] : keys);
}
