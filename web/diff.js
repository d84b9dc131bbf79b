/** The difference of two lists of lines (E. Myers, "An O(ND) difference algorithm", 1986), after common beginnings and ends. */

/** Lists that differ in more lines than this are shown as replaced where they differ. */
const MOST_DIFFERENCES = 2000;

/** Lines of `{ kind: "same" | "gone" | "new", text }`. */
export function diffLines(a, b) {
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start += 1;
  let end = 0;
  while (end < a.length - start && end < b.length - start && a.at(-1 - end) === b.at(-1 - end)) end += 1;
  const same = (lines) => lines.map((text) => ({ kind: "same", text }));
  return [
    ...same(a.slice(0, start)),
    ...middle(a.slice(start, a.length - end), b.slice(start, b.length - end)),
    ...same(a.slice(a.length - end)),
  ];
}

function middle(a, b) {
  const [gone, added] = [a.map((text) => ({ kind: "gone", text })), b.map((text) => ({ kind: "new", text }))];
  if (a.length === 0 || b.length === 0) return [...gone, ...added];
  const steps = furthest(a, b);
  if (!steps) return [...gone, ...added];
  const lines = [];
  let [i, j] = [a.length, b.length];
  for (let d = steps.length - 1; d >= 0; d--) {
    const reach = steps[d];
    const k = i - j;
    const down = k === -d || k !== d && reach[k - 1 + d] < reach[k + 1 + d];
    const from = d === 0 ? 0 : reach[(down ? k + 1 : k - 1) + d];
    const fromJ = d === 0 ? 0 : from - (down ? k + 1 : k - 1);
    const [atI, atJ] = d === 0 ? [0, 0] : down ? [from, fromJ + 1] : [from + 1, fromJ];
    while (i > atI && j > atJ) {
      lines.push({ kind: "same", text: a[--i] });
      j -= 1;
    }
    if (d > 0) lines.push(down ? added[--j] : gone[--i]);
  }
  return lines.reverse();
}

/**
 * For each number of differences d how far one gets with d - 1 of them on each diagonal k from -d to d, at k + d; up to the
 * d that reaches both ends. Undefined where that is more than are looked for.
 */
function furthest(a, b) {
  const most = Math.min(MOST_DIFFERENCES, a.length + b.length);
  const reach = new Int32Array(2 * most + 3);
  const at = (k) => k + most + 1;
  const steps = [];
  for (let d = 0; d <= most; d++) {
    steps.push(reach.slice(at(-d), at(d) + 1));
    for (let k = -d; k <= d; k += 2) {
      const down = k === -d || k !== d && reach[at(k - 1)] < reach[at(k + 1)];
      let i = down ? reach[at(k + 1)] : reach[at(k - 1)] + 1;
      while (i < a.length && i - k < b.length && a[i] === b[i - k]) i += 1;
      reach[at(k)] = i;
      if (i >= a.length && i - k >= b.length) return steps;
    }
  }
}
