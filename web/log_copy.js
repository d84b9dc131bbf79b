/** What is selected in a log, as lines: also where its middle is not drawn, and lines that are wrapped in one piece. */

/** The selected text; null where nothing is, or not within the log alone. */
export function selectedText({ screen, rows }) {
  const selection = getSelection();
  if (selection.isCollapsed) return null;
  const range = selection.getRangeAt(0);
  const start = placeOf(range.startContainer, range.startOffset, rows);
  const end = placeOf(range.endContainer, range.endOffset, rows);
  if (!start || !end) return null;
  const lines = screen.lines.slice(start.line, end.line + 1).map(({ text }) => text);
  lines[lines.length - 1] = lines.at(-1).slice(0, end.at);
  lines[0] = lines[0].slice(start.at);
  return lines.join("\n");
}

/** The line and the place in it where something stands. */
function placeOf(node, offset, rows) {
  const one = (node.closest ? node : node.parentElement).closest(".row[data-row]");
  if (!one) return null;
  const row = Number(one.dataset.row);
  const line = rows.lineAt(row);
  const [from] = rows.textOf(line, row) ?? [0];
  const text = one.querySelector(".x");
  if (!text?.contains(node)) return { line, at: from };
  const before = document.createRange();
  before.selectNodeContents(text);
  before.setEnd(node, offset);
  return { line, at: from + before.toString().length };
}
