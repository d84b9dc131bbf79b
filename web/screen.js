/**
 * What a terminal shows of what was printed, and all that has left its upper edge. It has no width, so that nothing is
 * broken apart, and a height, beyond which the cursor cannot go up: lines above it never change again.
 */
import { Line } from "./line.js";

/** The height of the terminal. */
export const ROWS = 50;
const TAB = 8;
/** A cursor that is sent further to the right than this is lost. */
const MOST_COLUMNS = 100_000;

/** A line that says what is missing in its place. */
export class Gap {
  runs = null;
  narrow = true;
  version = 0;
  at = null;
  isGap = true;
  constructor(text) {
    this.text = text;
    this.width = text.length;
  }
  settle() {}
}

export class Screen {
  lines = [];
  /** The first line that can still change. */
  top = 0;
  /** The lines that say what is missing, in their order. */
  gaps = [];
  #row = 0;
  #column = 0;
  #kept = null;
  #alternate = null;
  #changed = 0;

  /** The first line that has changed since this was asked last. */
  takeChanged() {
    const changed = Math.min(this.#changed, this.lines.length);
    this.#changed = Infinity;
    return changed;
  }

  /** The number of a line: what is missing has none. */
  numberOf(line) {
    let gaps = 0;
    while (gaps < this.gaps.length && this.gaps[gaps] < line) gaps += 1;
    return line + 1 - gaps;
  }

  /** The line of a number. */
  lineOf(number) {
    let line = number - 1;
    for (const gap of this.gaps) if (gap <= line) line += 1;
    return line;
  }

  put(text, { style = null, at = null, stream = null } = {}) {
    const line = this.#line();
    this.#column = line.put(this.#column, text, style);
    line.at = at;
    line.stream ??= stream;
  }

  lineFeed(at = null) {
    const line = this.#line();
    if (at !== null && line.at !== at) {
      line.at = at;
      line.version += 1;
    }
    this.#column = 0;
    this.index();
  }

  /** Down a line, where the last one moves the screen. */
  index() {
    this.#row += 1;
    if (this.#row >= this.top + ROWS) this.#moveTop(this.#row - ROWS + 1);
  }

  /** Up a line, where the first one makes room above itself. */
  reverseIndex() {
    if (this.#row > this.top) this.#row -= 1;
    else this.#insertLines(1);
  }

  carriageReturn() {
    this.#column = 0;
  }

  backspace() {
    this.#column = Math.max(0, this.#column - 1);
  }

  tab() {
    this.#column += TAB - this.#column % TAB;
  }

  moveBy(rows, columns) {
    this.#row = within(this.#row + rows, this.top, this.top + ROWS - 1);
    this.#column = within(this.#column + columns, 0, MOST_COLUMNS);
  }

  /** To a row of the screen and a column, both from 0; undefined is where it is. */
  moveTo(row = this.#row - this.top, column = this.#column) {
    this.#row = this.top + within(row, 0, ROWS - 1);
    this.#column = within(column, 0, MOST_COLUMNS);
  }

  saveCursor() {
    this.#kept = { row: this.#row, column: this.#column };
  }

  restoreCursor() {
    const { row, column } = this.#kept ?? { row: this.top, column: 0 };
    this.moveTo(row - this.top, column);
  }

  /** 0: from the cursor to the end; 1: up to the cursor; 2: all of it. */
  eraseLine(which) {
    const line = this.lines[this.#row];
    if (!line) return;
    if (which === 0) line.erase(this.#column);
    else if (which === 1) line.erase(0, this.#column + 1);
    else line.erase(0);
    this.#touch(this.#row);
  }

  eraseColumns(count) {
    this.lines[this.#row]?.erase(this.#column, this.#column + count);
    this.#touch(this.#row);
  }

  insertColumns(count) {
    this.lines[this.#row]?.insert(this.#column, count);
    this.#touch(this.#row);
  }

  deleteColumns(count) {
    this.lines[this.#row]?.delete(this.#column, count);
    this.#touch(this.#row);
  }

  eraseBelow() {
    this.eraseLine(0);
    this.#cut(this.#row + 1);
  }

  eraseAbove() {
    for (let row = this.top; row < Math.min(this.#row, this.lines.length); row++) this.lines[row].erase(0);
    this.eraseLine(1);
    this.#touch(this.top);
  }

  /** An empty screen. What was on it is kept above: this is a log. */
  clear() {
    const row = this.#row - this.top;
    let end = this.lines.length;
    while (end > this.top && this.lines[end - 1].text.trim() === "") end -= 1;
    this.#moveTop(end);
    this.#row = this.top + row;
  }

  insertLines(count) {
    this.#column = 0;
    this.#insertLines(count);
  }

  #insertLines(count) {
    const added = Array.from({ length: Math.min(count, this.top + ROWS - this.#row) }, () => new Line());
    if (this.#row < this.lines.length) this.lines.splice(this.#row, 0, ...added);
    this.#cut(this.top + ROWS);
    this.#touch(this.#row);
  }

  deleteLines(count) {
    this.#column = 0;
    this.lines.splice(this.#row, count);
    this.#touch(this.#row);
  }

  /** The screen of programs that fill it (editors, pagers); it goes when they end. */
  alternate(on) {
    if (on === (this.#alternate !== null)) return;
    if (on) {
      const { lines, top } = this;
      this.#alternate = { length: lines.length, top, row: this.#row, column: this.#column };
      this.top = this.#row = lines.length;
      return;
    }
    const { length, top, row, column } = this.#alternate;
    this.#alternate = null;
    this.#cut(length);
    [this.top, this.#row, this.#column] = [top, row, column];
  }

  /** A line of its own that says what is missing there; what stands above it does not change any more. */
  note(text) {
    const before = this.lines[this.#row];
    if (before && before.width > 0) this.#row += 1;
    this.#cut(this.#row);
    while (this.lines.length < this.#row) this.lines.push(new Line());
    const gap = new Gap(text);
    this.gaps.push(this.lines.length);
    this.lines.push(gap);
    this.#touch(this.#row);
    this.#alternate = null;
    this.#row += 1;
    this.#column = 0;
    this.#moveTop(this.#row);
  }

  #line() {
    while (this.lines.length <= this.#row) {
      this.#touch(this.lines.length);
      this.lines.push(new Line());
    }
    this.#touch(this.#row);
    return this.lines[this.#row];
  }

  #moveTop(top) {
    for (let row = this.top; row < Math.min(top, this.lines.length); row++) this.lines[row].settle();
    this.top = top;
  }

  #cut(length) {
    if (this.lines.length <= length) return;
    this.lines.length = length;
    this.#touch(length);
  }

  #touch(row) {
    if (row < this.#changed) this.#changed = row;
  }
}

function within(value, least, most) {
  return Math.max(least, Math.min(most, value));
}
