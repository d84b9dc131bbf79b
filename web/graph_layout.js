/**
 * Where the jobs of a graph stand: in columns, each right of all that it needs; in a column so that few lines cross. A line
 * over several columns bends where it passes them. Pure, and no larger than it has to be: see docs/decisions.md.
 */

/** Sizes in px. A bend takes less room than a job. */
export const SIZE = { width: 176, height: 54, gapX: 56, gapY: 14, bend: 10 };

/** Sweeps over the columns that put each job beside its neighbours. */
const SWEEPS = 6;

/**
 * @param ids of the jobs
 * @param edges as `{ from, to }`, from a job to one that needs it; without circles
 * @returns places `{ x, y }` by id, a line for each edge as points, and the size of all of it
 */
export function layout(ids, edges, { width, height, gapX, gapY, bend } = SIZE) {
  const rank = ranks(ids, edges);
  const columns = [];
  const put = (node) => (columns[node.rank] ??= []).push(node);
  const nodes = new Map(ids.map((id) => [id, { id, rank: rank.get(id), height, before: [], after: [] }]));
  for (const node of nodes.values()) put(node);
  const lines = edges.map(({ from, to }) => {
    const way = [nodes.get(from)];
    for (let r = rank.get(from) + 1; r < rank.get(to); r++) {
      const bending = { id: null, rank: r, height: bend, before: [], after: [] };
      put(bending);
      way.push(bending);
    }
    way.push(nodes.get(to));
    for (let n = 1; n < way.length; n++) {
      way[n - 1].after.push(way[n]);
      way[n].before.push(way[n - 1]);
    }
    return way;
  });
  number(columns);
  for (let n = 0; n < SWEEPS; n++) {
    const leftToRight = n % 2 === 0;
    for (const column of leftToRight ? columns : columns.toReversed()) {
      for (const node of column) node.wish = middle(leftToRight ? node.before : node.after) ?? node.place;
      column.sort((a, b) => a.wish - b.wish);
      number([column]);
    }
  }
  const heights = columns.map((column) => column.reduce((sum, node) => sum + node.height + gapY, -gapY));
  const tallest = Math.max(...heights);
  columns.forEach((column, r) => {
    let y = (tallest - heights[r]) / 2;
    for (const node of column) {
      Object.assign(node, { x: r * (width + gapX), y });
      y += node.height + gapY;
    }
  });
  return {
    places: new Map([...nodes].map(([id, { x, y }]) => [id, { x, y }])),
    lines: lines.map((way) => way.flatMap((node, n) => pointsOf(node, { n, of: way.length, width }))),
    width: columns.length * (width + gapX) - gapX,
    height: tallest,
  };
}

/** How many jobs a job comes after at most. */
function ranks(ids, edges) {
  const needs = new Map(ids.map((id) => [id, []]));
  for (const { from, to } of edges) needs.get(to).push(from);
  const known = new Map();
  const of = (id) => {
    if (!known.has(id)) known.set(id, Math.max(0, ...needs.get(id).map((other) => of(other) + 1)));
    return known.get(id);
  };
  for (const id of ids) of(id);
  return known;
}

/** Where a job stands in its column, from 0 to 1. */
function number(columns) {
  for (const column of columns) {
    column.forEach((node, n) => node.place = column.length === 1 ? 0.5 : n / (column.length - 1));
  }
}

function middle(nodes) {
  if (nodes.length === 0) return undefined;
  return nodes.reduce((sum, { place }) => sum + place, 0) / nodes.length;
}

function pointsOf({ id, x, y, height }, { n, of, width }) {
  const centre = y + height / 2;
  if (id === null) return [[x, centre], [x + width, centre]];
  return n === 0 ? [[x + width, centre]] : n === of - 1 ? [[x, centre]] : [];
}

/** A line through points as a path that leaves and arrives level. */
export function pathOf(points) {
  let path = `M${points[0].join(" ")}`;
  for (let n = 1; n < points.length; n++) {
    const [[x1, y1], [x2, y2]] = [points[n - 1], points[n]];
    const half = (x1 + x2) / 2;
    path += y1 === y2 ? `L${x2} ${y2}` : `C${half} ${y1} ${half} ${y2} ${x2} ${y2}`;
  }
  return path;
}
