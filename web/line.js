/**
 * One line as a terminal would show it. As long as it only grows at its end it is a string with stretches of styles;
 * once something is written over, it is made of cells, until it has left the screen.
 */
import { columnsOf, isNarrow } from "./columns.js";

export class Line {
  /** When its end, or what is its end so far, was seen. */
  at = null;
  /** Which stream began it. */
  stream = null;
  /** Grows with each change. */
  version = 0;
  /** Whether each unit of its text is one column. */
  narrow = true;
  /** In columns. */
  width = 0;
  #text = "";
  /** Where stretches end, each followed by its style; null is a line without styles. A style that is null is plain. */
  #runs = null;
  #cells = null;
  #stale = false;

  get text() {
    this.#read();
    return this.#text;
  }

  get runs() {
    this.#read();
    return this.#runs;
  }

  /** Writes text without control characters at a column, over what is there. Returns the column behind it. */
  put(column, text, style) {
    this.version += 1;
    const narrow = isNarrow(text);
    if (column === this.width && !this.#cells) {
      this.#append(text, style);
      this.narrow &&= narrow;
      return this.width += narrow ? text.length : widthOf(text);
    }
    this.narrow &&= narrow;
    return this.#change(() => {
      while (this.#cells.length < column) this.#cells.push(BLANK);
      let at = column;
      for (const character of text) at = this.#putCell(at, character, style);
      return at;
    });
  }

  /** Makes columns blank; those up to the end are as if they had never been written. */
  erase(from, to = Infinity) {
    if (from >= this.width) return;
    this.#change(() => {
      const end = Math.min(to, this.#cells.length);
      this.#split(from);
      this.#split(end);
      if (end === this.#cells.length) this.#cells.length = from;
      else this.#cells.fill(BLANK, from, end);
    });
  }

  /** Puts blanks before a column. */
  insert(column, count) {
    if (column >= this.width) return;
    this.#change(() => {
      this.#split(column);
      this.#cells.splice(column, 0, ...Array(Math.min(count, 1000)).fill(BLANK));
    });
  }

  /** Takes columns out; what follows moves up. */
  delete(column, count) {
    if (column >= this.width) return;
    this.#change(() => {
      this.#split(column);
      this.#split(Math.min(column + count, this.#cells.length));
      this.#cells.splice(column, count);
    });
  }

  /** Nothing will be written over any more. */
  settle() {
    if (!this.#cells) return;
    this.#read();
    this.#cells = null;
  }

  #change(change) {
    this.version += 1;
    if (!this.#cells) this.#cells = cellsOf(this.#text, this.#runs);
    const result = change();
    this.width = this.#cells.length;
    this.#stale = true;
    return result;
  }

  #putCell(column, character, style) {
    const columns = columnsOf(character);
    if (columns === 0) {
      const before = this.#cells[column - 1]?.character === "" ? column - 2 : column - 1;
      const cell = this.#cells[before];
      if (cell) this.#cells[before] = { ...cell, character: cell.character + character };
      return column;
    }
    this.#split(column);
    this.#split(column + columns);
    this.#cells[column] = cellOf(character, style);
    if (columns === 2) this.#cells[column + 1] = { character: "", style };
    return column + columns;
  }

  /** A wide character on both sides of a column becomes blank. */
  #split(column) {
    if (this.#cells[column]?.character !== "") return;
    this.#cells[column - 1] = this.#cells[column] = BLANK;
  }

  #append(text, style) {
    const before = this.#text.length;
    this.#text += text;
    if (!this.#runs && style === null) return;
    this.#runs ??= before > 0 ? [before, null] : [];
    if (this.#runs.at(-1) === style && before > 0) this.#runs[this.#runs.length - 2] = this.#text.length;
    else this.#runs.push(this.#text.length, style);
  }

  #read() {
    if (!this.#stale) return;
    this.#stale = false;
    this.#text = "";
    this.#runs = null;
    let style = null;
    const parts = [];
    let length = 0;
    const runs = [];
    for (const cell of this.#cells) {
      if (cell.style !== style && length > 0) runs.push(length, style);
      style = cell.style;
      parts.push(cell.character);
      length += cell.character.length;
    }
    if (length > 0) runs.push(length, style);
    this.#text = parts.join("");
    this.#runs = runs.length === 2 && style === null ? null : runs;
  }
}

/** Cells are never changed, so those without a style are shared. */
const PLAIN = Array.from(
  { length: 0x80 },
  (_, code) => ({ character: String.fromCharCode(code), style: null }),
);
const BLANK = PLAIN[0x20];

function cellOf(character, style) {
  return style === null && PLAIN[character.charCodeAt(0)] || { character, style };
}

function widthOf(text) {
  let width = 0;
  for (const character of text) width += columnsOf(character);
  return width;
}

function cellsOf(text, runs) {
  const cells = [];
  let [run, at] = [0, 0];
  for (const character of text) {
    while (runs && runs[run] <= at) run += 2;
    const style = runs ? runs[run + 1] ?? null : null;
    const columns = columnsOf(character);
    if (columns > 0) cells.push(cellOf(character, style));
    else if (cells.length > 0) {
      const last = cells.at(-1).character === "" ? cells.length - 2 : cells.length - 1;
      cells[last] = { ...cells[last], character: cells[last].character + character };
    }
    if (columns === 2) cells.push({ character: "", style });
    at += character.length;
  }
  return cells;
}
