/** Lists that do not move under the pointer: while somebody is at one, its rows stay where they are and new ones wait. */
import { useRef, useState } from "./lib.js";

/**
 * What to show of a list whose newest state is `latest` (null while it is not known), of things with an `id`; `whole` says
 * that it has all of them. `list` says which list it is; `stays` whether its rows must stay for a reason of the page's own.
 * Returns the rows, which are those of the list before (`stale`) until there are others; the ids of those that are no
 * longer in it; how many wait; `show()`, which lets them in; `renew()`, which does so with the next state; and the
 * handlers of the element that people are at.
 */
export function useHeld(list, latest, { whole, stays }) {
  const [, draw] = useState(0);
  const own = useRef({ list: null, rows: null, at: new Set(), renew: false, seen: null }).current;
  const isHeld = () => stays || own.at.size > 0;
  const take = () => Object.assign(own, { list, rows: latest, renew: false });
  const isNew = own.seen !== latest;
  own.seen = latest;
  const free = own.list !== list || own.rows.length === 0 || !isHeld() || own.renew && isNew;
  if (latest !== null && free) take();
  const stale = own.list !== list;
  const now = new Map((stale ? own.rows ?? [] : latest ?? own.rows).map((row) => [row.id, row]));
  const rows = (own.rows ?? []).map((row) => now.get(row.id) ?? row);
  // of those behind the last one that is known nothing is known where there are more: they may be on the next page by now
  const last = whole ? rows.length - 1 : rows.findLastIndex(({ id }) => now.has(id));
  const gone = new Set(rows.slice(0, last + 1).filter(({ id }) => !now.has(id)).map(({ id }) => id));
  const shown = new Set(rows.map(({ id }) => id));
  const begin = (what) => () => own.at.add(what);
  const end = (what) => (event) => {
    if (what === "focus" && event.currentTarget.contains(event.relatedTarget)) return;
    own.at.delete(what);
    if (!isHeld()) draw((n) => n + 1);
  };
  return {
    ...{ rows: own.rows === null ? null : rows, stale, gone },
    waiting: [...now.keys()].filter((id) => !shown.has(id)).length,
    show() {
      take();
      draw((n) => n + 1);
    },
    renew: () => own.renew = true,
    handlers: {
      onPointerEnter: begin("pointer"),
      onPointerLeave: end("pointer"),
      onFocusIn: begin("focus"),
      onFocusOut: end("focus"),
    },
  };
}
