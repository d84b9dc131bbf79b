/**
 * Which line stands where: each line takes as many rows of one height as its text needs at a width in columns, so that
 * what is where is reckoned and never measured. Very long lines are cut, with a row that says so, until they are opened.
 */
import { columnsOf } from "./columns.js";

/** Lines longer than this are cut. */
export const CUT = 10_000;

export class Rows {
  /** Columns of a row; without wrapping, those of the longest line that is not cut. */
  #columns = CUT;
  #lines = [];
  /** The first row of each line, and the row behind the last one. */
  #firsts = new Uint32Array(1024);
  #count = 0;
  #open = new Set();
  /** The widest line so far, as far as it shows. */
  widest = 0;

  get total() {
    return this.#firsts[this.#count];
  }

  get count() {
    return this.#count;
  }

  /** Begins anew with other columns; null is without wrapping. */
  setColumns(columns) {
    const next = columns ?? CUT;
    if (next === this.#columns) return;
    this.#columns = next;
    this.update(this.#lines, 0);
  }

  /** Shows all of a line. */
  open(line) {
    if (this.#open.has(line) || !this.isLong(line)) return;
    this.#open.add(line);
    this.update(this.#lines, line);
  }

  isLong(line) {
    return this.#lines[line]?.text.length > CUT;
  }

  isCut(line) {
    return this.isLong(line) && !this.#open.has(line);
  }

  /** Takes note of lines that have changed from one on. */
  update(lines, from) {
    this.#lines = lines;
    if (lines.length >= this.#firsts.length) {
      const more = new Uint32Array(2 ** Math.ceil(Math.log2(lines.length + 2)));
      more.set(this.#firsts);
      this.#firsts = more;
    }
    const firsts = this.#firsts;
    for (let n = Math.min(from, this.#count); n < lines.length; n++) {
      const line = lines[n];
      if (line.width > this.widest) this.widest = Math.min(line.width, CUT);
      const one = line.width <= this.#columns && line.text.length <= CUT;
      firsts[n + 1] = firsts[n] + (one ? 1 : this.#rowsOf(n) + (this.isCut(n) ? 1 : 0));
    }
    this.#count = lines.length;
  }

  firstOf(line) {
    return this.#firsts[line];
  }

  /** The line that a row belongs to. */
  lineAt(row) {
    let [low, high] = [0, this.#count - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#firsts[middle] <= row) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** The row in which a place in a line's text stands. */
  rowOf(line, at) {
    const { narrow } = this.#lines[line];
    const n = narrow
      ? Math.floor(at / this.#columns)
      : this.#places(line).findLastIndex((place) => place <= at);
    return this.#firsts[line] + Math.min(n, this.#rowsOf(line) - 1);
  }

  /** From where to where in its line's text a row goes; null is the row that says that there is more. */
  textOf(line, row) {
    const n = row - this.#firsts[line];
    if (n >= this.#rowsOf(line)) return null;
    const end = this.#shown(line);
    if (this.#lines[line].narrow) return [n * this.#columns, Math.min(end, (n + 1) * this.#columns)];
    const places = this.#places(line);
    return [places[n], places[n + 1] ?? end];
  }

  #rowsOf(line) {
    if (!this.#lines[line].narrow) return this.#places(line).length;
    return Math.max(1, Math.ceil(this.#shown(line) / this.#columns));
  }

  #shown(line) {
    const { text } = this.#lines[line];
    if (!this.isCut(line)) return text.length;
    return (text.charCodeAt(CUT - 1) & 0xfc00) === 0xd800 ? CUT - 1 : CUT;
  }

  #cached = { text: null, end: 0, columns: 0, places: [] };

  /** Where the rows of a line with characters of other widths begin. */
  #places(line) {
    const end = this.#shown(line);
    const [text, columns] = [this.#lines[line].text, this.#columns];
    const cached = this.#cached;
    if (cached.text === text && cached.end === end && cached.columns === columns) return cached.places;
    const places = [0];
    let [at, taken] = [0, 0];
    for (const character of text.slice(0, end)) {
      const wide = columnsOf(character);
      if (taken + wide > columns) {
        places.push(at);
        taken = 0;
      }
      taken += wide;
      at += character.length;
    }
    this.#cached = { text, end, columns, places };
    return places;
  }
}
