/**
 * What is printed, sent to a screen by a terminal's rules (ECMA-48, xterm): control characters and sequences do what they
 * do there, and what has no meaning for a log is left out. Each stream has its own colours and its own begun sequences.
 */
import { PLAIN, restyled } from "./ansi.js";

// deno-lint-ignore no-control-regex -- what they are about
const CONTROL = /[\x00-\x1f\x7f-\x9f]/g;
// deno-lint-ignore no-control-regex -- as above
const CSI = /\x1b\[([\x30-\x3f]*)([\x20-\x2f]*)([\x40-\x7e])/y;
// deno-lint-ignore no-control-regex -- as above
const TEXT_SEQUENCE = /\x1b([\]_^X])([^\x07\x1b\n]*)(?:\x07|\x1b\\|(?=[\x1b\n]))/y;
// deno-lint-ignore no-control-regex -- as above
const DEVICE_SEQUENCE = /\x1bP[^\x1b]*(?:\x1b\\|(?=\x1b))/y;
// deno-lint-ignore no-control-regex -- as above
const SHORT = /\x1b(?:([0-OQ-WYZ\\`-~])|[\x20-\x2f]+[\x30-\x7e])/y;
// deno-lint-ignore no-control-regex -- as above
const BEGUN = /\x1b(?:\[[\x20-\x3f]*|[\]_^X][^\x07\x1b\n]*\x1b?|P[^\x1b]*\x1b?|[\x20-\x2f]*)$/y;
// deno-lint-ignore no-control-regex -- as above
const BROKEN = /\x1b(?:\[[\x20-\x3f]*)?/y;
/** A sequence that goes on for longer than this is none. */
const LONGEST_SEQUENCE = 64 * 1024;

export class Terminal {
  #screen;
  #streams = new Map();

  constructor(screen) {
    this.#screen = screen;
  }

  /** What a stream printed, seen at a time. */
  write(text, { stream = "", at = undefined } = {}) {
    const state = this.#stateOf(stream);
    state.at = at ?? null;
    const all = state.begun + text;
    state.begun = "";
    let from = 0;
    while (from < all.length) {
      CONTROL.lastIndex = from;
      const found = CONTROL.exec(all);
      const end = found ? found.index : all.length;
      if (end > from) this.#screen.put(all.slice(from, end), state);
      if (!found) return;
      from = all.charCodeAt(end) === 0x1b ? this.#sequence(all, end, state) : this.#control(all, end, state);
    }
  }

  /** Says what is missing of a stream; what it had begun does not go on. */
  note(text, stream = "") {
    this.#stateOf(stream).begun = "";
    this.#screen.note(text);
  }

  #stateOf(stream) {
    let state = this.#streams.get(stream);
    if (!state) this.#streams.set(stream, state = { stream, style: PLAIN, kept: PLAIN, begun: "", at: null });
    return state;
  }

  #control(all, at, state) {
    const screen = this.#screen;
    switch (all.charCodeAt(at)) {
      case 0x08:
        screen.backspace();
        break;
      case 0x09:
        screen.tab();
        break;
      case 0x0a:
      case 0x0b:
      case 0x0c:
        screen.lineFeed(state.at);
        break;
      case 0x0d:
        screen.carriageReturn();
    }
    return at + 1;
  }

  /** Does what a sequence says. Returns where it ends. */
  #sequence(all, at, state) {
    const match = (pattern) => {
      pattern.lastIndex = at;
      return pattern.exec(all);
    };
    const csi = match(CSI);
    if (csi) {
      if (csi[2] === "") this.#command(csi[3], csi[1], state);
      return at + csi[0].length;
    }
    const text = match(TEXT_SEQUENCE) ?? match(DEVICE_SEQUENCE);
    if (text) {
      if (text[1] === "]" && text[2].startsWith("8;")) {
        const href = text[2].slice(2).replace(/^[^;]*;/, "");
        state.style = restyled(state.style, { href: /^https?:\/\//i.test(href) ? href : null });
      }
      return at + text[0].length;
    }
    if (all.length - at < LONGEST_SEQUENCE && match(BEGUN)) {
      state.begun = all.slice(at);
      return all.length;
    }
    const short = match(SHORT);
    if (short) {
      this.#short(short[1], state);
      return at + short[0].length;
    }
    return at + match(BROKEN)[0].length;
  }

  #short(letter, state) {
    const screen = this.#screen;
    if (letter === "7") this.#save(state);
    else if (letter === "8") this.#restore(state);
    else if (letter === "D") screen.index();
    else if (letter === "E") screen.lineFeed(state.at);
    else if (letter === "M") screen.reverseIndex();
    else if (letter === "c") {
      state.style = PLAIN;
      screen.clear();
      screen.moveTo(0, 0);
    }
  }

  /** Where the cursor is, and how it writes. */
  #save(state) {
    this.#screen.saveCursor();
    state.kept = state.style;
  }

  #restore(state) {
    this.#screen.restoreCursor();
    state.style = state.kept;
  }

  #command(letter, text, state) {
    const screen = this.#screen;
    if (letter === "m") {
      if (!/[<=>?]/.test(text)) state.style = restyled(state.style, { codes: text });
      return;
    }
    if (text.startsWith("?")) {
      if (/^\?(?:47|1047|1049)$/.test(text) && (letter === "h" || letter === "l")) {
        screen.alternate(letter === "h");
      }
      return;
    }
    const given = text.split(";").map((part) => /^\d{1,6}$/.test(part) ? Number(part) : 0);
    const count = given[0] || 1;
    const moves = MOVES[letter];
    if (moves) moves(screen, count, given);
    else if (letter === "s") this.#save(state);
    else if (letter === "u") this.#restore(state);
    else if (letter === "K" && given[0] <= 2) screen.eraseLine(given[0]);
    else if (letter === "J") {
      [() => screen.eraseBelow(), () => screen.eraseAbove(), () => screen.clear()][given[0]]?.();
    }
  }
}

/** What begins with CSI and has a count. */
const MOVES = {
  A: (screen, count) => screen.moveBy(-count, 0),
  B: (screen, count) => screen.moveBy(count, 0),
  e: (screen, count) => screen.moveBy(count, 0),
  C: (screen, count) => screen.moveBy(0, count),
  a: (screen, count) => screen.moveBy(0, count),
  D: (screen, count) => screen.moveBy(0, -count),
  E: (screen, count) => {
    screen.moveBy(count, 0);
    screen.carriageReturn();
  },
  F: (screen, count) => {
    screen.moveBy(-count, 0);
    screen.carriageReturn();
  },
  G: (screen, count) => screen.moveTo(undefined, count - 1),
  "`": (screen, count) => screen.moveTo(undefined, count - 1),
  d: (screen, count) => screen.moveTo(count - 1),
  H: (screen, count, [, column]) => screen.moveTo(count - 1, (column || 1) - 1),
  f: (screen, count, [, column]) => screen.moveTo(count - 1, (column || 1) - 1),
  X: (screen, count) => screen.eraseColumns(count),
  "@": (screen, count) => screen.insertColumns(count),
  P: (screen, count) => screen.deleteColumns(count),
  L: (screen, count) => screen.insertLines(count),
  M: (screen, count) => screen.deleteLines(count),
};
