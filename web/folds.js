/** What is equal in a difference, folded: what differs shows with a few lines before and after it. */

/** Equal lines that stay beside what differs. */
const BESIDE = 3;

/**
 * Lines of `{ kind, text }` as `{ kind, text, n }`, `n` being the number of each; where more equal lines follow each other
 * than would stay, one `{ folded }` stands for the rest: how many those are.
 */
export function folded(lines) {
  const shown = [];
  for (let from = 0; from < lines.length;) {
    let to = from;
    while (to < lines.length && lines[to].kind === "same") to += 1;
    const keepStart = from === 0 ? 0 : BESIDE;
    const keepEnd = to === lines.length ? 0 : BESIDE;
    const [first, last] = [from + keepStart, to - keepEnd];
    const some = last - first > 1; // a fold of one line would save nothing
    for (let n = from; n < to; n++) {
      if (some && n === first) shown.push({ folded: last - first });
      if (!some || n < first || n >= last) shown.push({ ...lines[n], n: n + 1 });
    }
    for (from = to; from < lines.length && lines[from].kind !== "same"; from++) {
      shown.push({ ...lines[from], n: from + 1 });
    }
  }
  return shown;
}
