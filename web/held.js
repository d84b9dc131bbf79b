/** Lists that do not move under the pointer: while somebody is at one, its rows stay where they are and new ones wait. */
import { useRef, useState } from "./lib.js";

/**
 * What to show of a list whose newest state is `latest` (null while it is not known), of things with an `id`. `list` says
 * which list it is; `stays` whether its rows must stay for a reason of the page's own. Returns the rows; the ids of those
 * that are no longer in it; how many wait; `show()`, which lets them in; `renew()`, which does so with the next state;
 * and the handlers of the element that people are at.
 */
export function useHeld(list, latest, stays) {
  const [, draw] = useState(0);
  const own = useRef({ list: null, rows: null, at: new Set(), renew: false, seen: null }).current;
  const isHeld = () => stays || own.at.size > 0;
  const take = () => {
    own.rows = latest;
    own.renew = false;
  };
  if (own.list !== list) Object.assign(own, { list, rows: null });
  const isNew = own.seen !== latest;
  own.seen = latest;
  if (latest !== null && (own.rows === null || own.rows.length === 0 || !isHeld() || own.renew && isNew)) {
    take();
  }
  const now = new Map((latest ?? []).map((row) => [row.id, row]));
  const rows = (own.rows ?? []).map((row) => now.get(row.id) ?? row);
  // those behind the last that is known of are on another page by now
  const last = rows.findLastIndex(({ id }) => now.has(id));
  const gone = new Set(rows.slice(0, last + 1).filter(({ id }) => !now.has(id)).map(({ id }) => id));
  const shown = new Set(rows.map(({ id }) => id));
  const waiting = [...now.keys()].filter((id) => !shown.has(id)).length;
  const begin = (what) => () => own.at.add(what);
  const end = (what) => (event) => {
    if (what === "focus" && event.currentTarget.contains(event.relatedTarget)) return;
    own.at.delete(what);
    if (!isHeld()) draw((n) => n + 1);
  };
  return {
    ...{ rows: own.rows === null ? null : rows, gone, waiting },
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
