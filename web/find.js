/** Finding text in all lines, in portions between which the page stays quick; what comes later is looked through, too. */

const PORTION_MS = 8;
/** More than these are not counted. */
export const MOST_FOUND = 100_000;

export class Find {
  #screen;
  #changed;
  #pattern = null;
  /** Of lines that do not change any more: line and place of each, in turn; and how many lines have been looked through. */
  #settled = [];
  #done = 0;
  #live = [];
  #timer = null;

  /** `changed` is called whenever there may be more. */
  constructor(screen, changed) {
    this.#screen = screen;
    this.#changed = changed;
  }

  get count() {
    return (this.#settled.length + this.#live.length) / 2;
  }

  /** Whether not all has been looked through. */
  get busy() {
    return this.#pattern !== null && this.#done < this.#screen.top && this.count < MOST_FOUND;
  }

  search(text) {
    clearTimeout(this.#timer);
    this.#pattern = text === "" ? null : new RegExp(text.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&"), "giu");
    this.#settled = [];
    this.#live = [];
    this.#done = 0;
    this.update();
  }

  /** Looks through what is new. */
  update() {
    if (!this.#pattern) return this.#changed();
    const { lines, top } = this.#screen;
    if (top < this.#done) { // a screen of another program is gone
      this.#done = top;
      while (this.#settled.length > 0 && this.#settled.at(-2) >= top) this.#settled.length -= 2;
    }
    const end = performance.now() + PORTION_MS;
    while (this.#done < top && this.count < MOST_FOUND && performance.now() < end) {
      this.#look(lines, this.#done, this.#settled);
      this.#done += 1;
    }
    this.#live = [];
    clearTimeout(this.#timer);
    if (this.busy) this.#timer = setTimeout(() => this.update());
    else for (let n = top; n < lines.length && this.count < MOST_FOUND; n++) this.#look(lines, n, this.#live);
    this.#changed();
  }

  stop() {
    clearTimeout(this.#timer);
  }

  /** The line and the place of the nth; null where it is not there any more. */
  at(n) {
    const [list, from] = n * 2 < this.#settled.length
      ? [this.#settled, n * 2]
      : [this.#live, n * 2 - this.#settled.length];
    const line = list[from];
    return line < this.#screen.lines.length ? { line, at: list[from + 1] } : null;
  }

  /** The first one that is not before a line. */
  firstFrom(line) {
    let [low, high] = [0, this.count];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.at(middle)?.line < line) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** From where to where in a line, and the number of each. */
  within(line) {
    if (!this.#pattern) return [];
    const found = [];
    for (let n = this.firstFrom(line); this.at(n)?.line === line; n++) {
      const { at } = this.at(n);
      this.#pattern.lastIndex = at;
      const { length } = this.#pattern.exec(this.#screen.lines[line].text)?.[0] ?? "";
      found.push({ n, from: at, to: at + length });
    }
    return found;
  }

  #look(lines, n, list) {
    const { text } = lines[n];
    const pattern = this.#pattern;
    pattern.lastIndex = 0;
    for (let found = pattern.exec(text); found && this.count < MOST_FOUND; found = pattern.exec(text)) {
      list.push(n, found.index);
    }
  }
}
