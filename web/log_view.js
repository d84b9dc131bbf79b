/**
 * The lines of a screen in a place that scrolls: only those rows exist that can be seen. It follows the end until the
 * reader scrolls up.
 */
import { selectedText } from "./log_copy.js";
import { drawRow, element } from "./log_row.js";

/** Rows above and below what can be seen. */
const OVER = 12;
/** Browsers cannot make anything higher than some tens of millions of pixels: beyond this, a pixel is more than one. */
const HIGHEST = 8_000_000;

/** Between two times that something is drawn because more was printed. */
const PAUSE_MS = 250;

export class LogView {
  #place;
  #content;
  #parts;
  #told;
  #row = 20;
  #column = 8;
  #wrap = true;
  #times = false;
  #end = null;
  #following = true;
  #selected = null;
  #now = null;
  #drawn = new Map();
  #stamp = 0;
  #frame = null;
  #waiting = null;
  #drawnAt = -Infinity;
  #lastTop = 0;
  #observer;
  #digits = 3;

  /** `parts` are screen, rows and find; `told` hears of `following`, `selected` (from, to) and keys. */
  constructor(place, parts, told) {
    this.#place = place;
    this.#parts = parts;
    this.#told = told;
    this.#content = element("div", "log-rows");
    place.replaceChildren(this.#content);
    this.#measure();
    place.addEventListener("scroll", this.#onScroll, { passive: true });
    place.addEventListener("wheel", this.#onWheel, { passive: true });
    place.addEventListener("click", this.#onClick);
    place.addEventListener("keydown", this.#onKey);
    place.addEventListener("copy", this.#onCopy);
    this.#observer = new ResizeObserver(() => this.#keepingPlace(() => this.#measure()));
    this.#observer.observe(place);
  }

  dispose() {
    this.#observer.disconnect();
    clearTimeout(this.#waiting);
    cancelAnimationFrame(this.#frame);
    this.#place.removeEventListener("scroll", this.#onScroll);
    this.#place.removeEventListener("wheel", this.#onWheel);
    this.#place.removeEventListener("click", this.#onClick);
    this.#place.removeEventListener("keydown", this.#onKey);
    this.#place.removeEventListener("copy", this.#onCopy);
  }

  get following() {
    return this.#following;
  }

  /** The first line that can be seen. */
  get firstVisible() {
    return this.#parts.rows.lineAt(Math.ceil(this.#virtualTop() / this.#row));
  }

  set({ wrap = this.#wrap, times = this.#times, end = this.#end, selected = this.#selected }) {
    this.#stamp += 1;
    this.#selected = selected;
    this.#end = end;
    this.#keepingPlace(() => {
      this.#wrap = wrap;
      this.#times = times;
      this.#place.classList.toggle("timed", times);
      this.#fit();
    });
  }

  /** Draws what has changed, soon: a few times a second are enough to read along. */
  update() {
    if (this.#waiting) return;
    const wait = Math.max(0, this.#drawnAt + PAUSE_MS - performance.now());
    this.#waiting = setTimeout(() => {
      this.#frame = requestAnimationFrame(() => {
        this.#waiting = null;
        this.#drawnAt = performance.now();
        this.#take();
        this.#draw();
      });
    }, wait);
  }

  /** Takes note of what has changed. */
  #take() {
    const { screen, rows } = this.#parts;
    rows.update(screen.lines, screen.takeChanged());
    if (String(screen.lines.length).length > this.#digits) this.#keepingPlace(() => this.#fit());
  }

  /** Another place found; its number, or null. */
  point(now) {
    this.#now = now;
    this.#stamp += 1;
    const found = now === null ? null : this.#parts.find.at(now);
    if (!found) return this.#draw();
    this.#take();
    const { line, at } = found;
    this.#open(line, at);
    this.#show(this.#parts.rows.rowOf(line, at));
    const mark = this.#content.querySelector("mark.now");
    if (mark && !this.#wrap) mark.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  /** What was found has changed. */
  repaint() {
    this.#stamp += 1;
    this.#draw();
  }

  showLine(line) {
    this.#take();
    this.#show(this.#parts.rows.firstOf(line));
  }

  follow() {
    this.#lastTop = this.#place.scrollTop; // wherever the reader was
    this.#setFollowing(true);
    this.#draw();
  }

  #open(line, at) {
    const { rows } = this.#parts;
    if (rows.isCut(line) && at >= rows.textOf(line, rows.rowOf(line, at))[1]) rows.open(line);
  }

  #show(row) {
    this.#setFollowing(false);
    this.#size();
    const [top, height] = [this.#virtualTop(), this.#place.clientHeight];
    const at = row * this.#row;
    if (at < top || at + this.#row > top + height) this.#scrollTo(Math.max(0, at - height / 3));
    this.#draw();
  }

  #setFollowing(following) {
    if (this.#following === following) return;
    this.#following = following;
    this.#told.following(following);
  }

  #onWheel = ({ deltaY }) => {
    if (deltaY < 0 && this.#place.scrollTop > 0) this.#setFollowing(false);
  };

  /** The reader has scrolled up: whatever draws may come before the event that tells of it. */
  #heed() {
    const { scrollTop, scrollHeight, clientHeight } = this.#place;
    if (!this.#following || scrollTop >= this.#lastTop - 1) return;
    if (scrollHeight - clientHeight - scrollTop >= this.#row / 2) this.#setFollowing(false);
  }

  #onScroll = () => {
    const { scrollTop, scrollHeight, clientHeight } = this.#place;
    if (scrollTop < this.#lastTop - 1) this.#setFollowing(false);
    if (scrollHeight - clientHeight - scrollTop < this.#row / 2) this.#setFollowing(true);
    if (scrollTop === this.#lastTop) return; // that was drawn when it was gone to
    this.#lastTop = scrollTop;
    this.#draw();
  };

  #onClick = (event) => {
    const more = event.target.closest("button.more");
    if (more) {
      this.#parts.rows.open(Number(more.dataset.line));
      this.#stamp += 1;
      return this.#draw();
    }
    const number = event.target.closest("a.ln");
    if (!number || event.metaKey || event.ctrlKey) return;
    event.preventDefault();
    this.#told.select(Number(number.dataset.line), event.shiftKey);
  };

  #onKey = (event) => {
    const number = event.target.closest("a.ln");
    if (!number || event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    event.preventDefault();
    const { lines } = this.#parts.screen;
    const step = event.key === "ArrowDown" ? 1 : -1;
    let line = Number(number.dataset.line) + step;
    while (lines[line]?.isGap) line += step;
    if (!lines[line]) return;
    this.#show(this.#parts.rows.firstOf(line));
    this.#content.querySelector(`a.ln[data-line="${line}"]`)?.focus({ preventScroll: true });
    if (event.shiftKey) this.#told.select(line, true);
  };

  #onCopy = (event) => {
    const text = selectedText(this.#parts);
    if (text === null) return;
    event.clipboardData.setData("text/plain", text);
    event.preventDefault();
  };

  #measure() {
    const probe = element("div", "row");
    const text = probe.appendChild(element("span", "x"));
    text.textContent = "0".repeat(100);
    this.#content.append(probe);
    this.#row = probe.getBoundingClientRect().height || 20;
    this.#column = text.getBoundingClientRect().width / 100 || 8;
    probe.remove();
    this.#fit();
  }

  /** Reckons columns and widths from what is measured and chosen. */
  #fit() {
    const { rows, screen } = this.#parts;
    this.#digits = Math.max(3, String(screen.lines.length).length);
    this.#place.style.setProperty("--digits", this.#digits);
    const gutter = this.#digits + 3 + (this.#times ? 14 : 0);
    const columns = Math.floor(this.#place.clientWidth / this.#column) - gutter;
    rows.setColumns(this.#wrap ? Math.max(10, columns) : null);
    this.#stamp += 1;
  }

  #keepingPlace(change) {
    this.#heed();
    const { rows } = this.#parts;
    const row = Math.floor(this.#virtualTop() / this.#row);
    const line = rows.count > 0 ? rows.lineAt(row) : 0;
    change();
    if (!this.#following && rows.count > 0 && row > 0) {
      this.#size();
      this.#scrollTo(rows.firstOf(line) * this.#row);
    }
    this.#draw();
  }

  get #height() {
    return (this.#parts.rows.total + (this.#end ? 1 : 0)) * this.#row;
  }

  #virtualTop() {
    const { scrollTop, clientHeight } = this.#place;
    const height = this.#height;
    return height <= HIGHEST ? scrollTop : scrollTop / (HIGHEST - clientHeight) * (height - clientHeight);
  }

  #scrollTo(top) {
    const { clientHeight } = this.#place;
    const height = this.#height;
    this.#place.scrollTop = height <= HIGHEST
      ? top
      : top / (height - clientHeight) * (HIGHEST - clientHeight);
    this.#lastTop = this.#place.scrollTop;
  }

  #size() {
    const { style } = this.#content;
    style.height = `${Math.min(HIGHEST, this.#height)}px`;
    style.width = this.#wrap ? "" : `calc(${this.#parts.rows.widest + 2}ch + var(--gutter))`;
  }

  #draw() {
    const { rows, screen } = this.#parts;
    const place = this.#place;
    this.#heed();
    this.#size();
    if (this.#following && place.scrollTop + place.clientHeight < place.scrollHeight) {
      place.scrollTop = place.scrollHeight;
      this.#lastTop = place.scrollTop;
    }
    const top = this.#virtualTop();
    const shift = place.scrollTop - top;
    const first = Math.max(0, Math.floor(top / this.#row) - OVER);
    const last = Math.min(rows.total, Math.ceil((top + place.clientHeight) / this.#row) + OVER);
    const wanted = this.#pinned().filter((row) => row < first);
    for (let row = first; row < last; row++) wanted.push(row);
    wanted.push(...this.#pinned().filter((row) => row >= last && row < rows.total));
    const drawn = new Map();
    let next = this.#content.firstChild;
    for (const row of wanted) {
      const one = this.#rowElement(row, screen.lines);
      drawn.set(row, one);
      const at = `${row * this.#row + shift}px`;
      if (one.style.top !== at) one.style.top = at;
      if (one === next) next = next.nextSibling;
      else this.#content.insertBefore(one, next);
    }
    while (next) {
      const gone = next;
      next = next.nextSibling;
      gone.remove();
    }
    this.#drawn = drawn;
    const tabbable = this.#content.querySelector('a.ln[tabindex="0"]');
    const entry = this.#content.querySelector("a.ln:focus") ??
      [...drawn].find(([row, one]) => row * this.#row >= top && one.querySelector("a.ln"))?.[1].querySelector(
        "a.ln",
      );
    if (entry !== tabbable) {
      tabbable?.setAttribute("tabindex", "-1");
      entry?.setAttribute("tabindex", "0");
    }
    if (!this.#end) return;
    const end = element("div", "row gap");
    end.textContent = this.#end;
    end.style.top = `${rows.total * this.#row + shift}px`;
    this.#content.append(end);
  }

  /** Rows that must stay: what is selected begins or ends there, or they have the focus. */
  #pinned() {
    const { anchorNode, focusNode, isCollapsed } = getSelection();
    const nodes = isCollapsed ? [document.activeElement] : [anchorNode, focusNode, document.activeElement];
    const rows = nodes
      .map((node) =>
        node && this.#content.contains(node)
          ? (node.closest ? node : node.parentElement).closest(".row")
          : null
      )
      .map((one) => one?.dataset.row)
      .filter((row) => row !== undefined)
      .map(Number);
    return [...new Set(rows)].sort((a, b) => a - b);
  }

  #rowElement(row, lines) {
    const { rows, find, screen } = this.#parts;
    const n = rows.lineAt(row);
    const line = lines[n];
    const stamp = `${n} ${line.version} ${this.#stamp}`;
    const before = this.#drawn.get(row);
    if (before?.stamp === stamp) return before;
    const one = before ?? element("div", "row");
    one.stamp = stamp;
    one.dataset.row = row;
    drawRow(one, line, {
      ...{ n, range: rows.textOf(n, row), found: find.within(n), now: this.#now, times: this.#times },
      name: row === rows.firstOf(n) ? screen.numberOf(n) : null,
      selected: this.#selected && n >= this.#selected[0] && n <= this.#selected[1],
    });
    return one;
  }
}
