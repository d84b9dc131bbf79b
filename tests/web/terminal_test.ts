/**
 * @module
 * The terminal of the pages beside a real emulator: what programs print looks the same, line by line, with its colours.
 */
import assert from "node:assert/strict";
// @ts-ignore: a module of the pages, without types
import { Screen } from "../../web/screen.js";
// @ts-ignore: as above
import { Terminal } from "../../web/terminal.js";
import { emulate, type SeenLine } from "../helpers/emulator.ts";
import { rounds } from "../helpers/rounds.ts";

const FIXTURES = new URL("../fixtures/output/", import.meta.url);

/** What the pages' terminal shows of texts, described as the emulator's lines are. */
function shown(texts: readonly string[]): SeenLine[] {
  const screen = new Screen();
  const terminal = new Terminal(screen);
  for (const text of texts) terminal.write(text);
  // deno-lint-ignore no-explicit-any -- without types
  const lines = screen.lines.map((line: any) => ({ text: line.text.trimEnd(), looks: looksOf(line) }));
  while (lines.at(-1)?.text === "") lines.pop();
  return lines;
}

// deno-lint-ignore no-explicit-any -- as above
function looksOf({ text, runs }: any): string[] {
  const looks: string[] = [];
  let [run, at] = [0, 0];
  for (const character of text) {
    while (runs && runs[run] <= at) run += 2;
    at += character.length;
    if (character.trim() !== "" && !/^\p{M}|[\ufe0f\u200d]$/u.test(character)) {
      looks.push(lookOf(runs?.[run + 1]));
    }
  }
  return looks;
}

// deno-lint-ignore no-explicit-any -- as above
function lookOf(style: any): string {
  const words = {
    bold: "Bold",
    faint: "Dim",
    italic: "Italic",
    underline: "Underline",
    inverse: "Inverse",
    strike: "Strikethrough",
  };
  return [
    style?.fg ?? "-",
    style?.bg ?? "-",
    // the emulator underlines links
    ...Object.entries(words).filter(([name]) => style?.[name] || name === "underline" && style?.href).map((
      [, word],
    ) => word),
  ].join(" ");
}

/** The same text in pieces of so many characters. */
function inPieces(text: string, size: number): string[] {
  return text.match(new RegExp(`[^]{1,${size}}`, "gu")) ?? [];
}

async function same(text: string, what: string, cols = 100): Promise<void> {
  const expected = await emulate([text], cols);
  for (const size of [text.length, 7]) {
    const seen = shown(inPieces(text, size));
    for (const [n, line] of expected.entries()) {
      assert.deepEqual(seen[n], line, `line ${n + 1} of ${what}, in pieces of ${size}`);
    }
    assert.deepEqual(seen.slice(expected.length), [], `lines of ${what}, in pieces of ${size}`);
  }
}

Deno.test("what npm, cargo, pip, make, pytest, ffmpeg and rich print looks as in a terminal", async () => {
  for (const { name } of Deno.readDirSync(FIXTURES)) {
    await same(Deno.readTextFileSync(new URL(name, FIXTURES)), name);
  }
});

/** As `docker pull` writes it: it goes up to the line of a layer, erases it, and comes back. */
function dockerPull(layers: number): string {
  const lines = ["Using default tag: latest", "latest: Pulling from library/app"];
  let text = lines.join("\n") + "\n";
  const ids = Array.from({ length: layers }, (_, n) => (0xabcdef + n * 7919).toString(16).padStart(12, "0"));
  for (const id of ids) text += `${id}: Pulling fs layer \n`;
  for (let step = 0; step < 20; step++) {
    for (const [n, id] of ids.entries()) {
      const up = layers - n;
      const bar = `[${"=".repeat(step)}>${" ".repeat(20 - step)}]`;
      const what = step === 19 ? "Pull complete " : `Downloading ${bar}  ${step}.${n}MB/20MB`;
      text += `\x1b[${up}A\x1b[2K\r${id}: ${what}\r\x1b[${up}B`;
    }
  }
  return `${text}Digest: sha256:${"0f".repeat(32)}\nStatus: Downloaded newer image for app:latest\n`;
}

Deno.test("what docker prints while it pulls looks as in a terminal, also with more layers than rows", async () => {
  await same(dockerPull(7), "7 layers");
  await same(dockerPull(80), "80 layers");
});

const RULES: Record<string, string> = {
  "a carriage return between colours": "\x1b[32mone two\r\x1b[31mONE\x1b[0m\n",
  "a line end after a carriage return": "one\r\ntwo\r\n\r\nthree\rTHR\r\n",
  "backspaces": "abc\b\bX\b\b\b\b\b\b!\n",
  "tabs": "a\tb\n1234567\tc\n12345678\td\n\r\tx\r\ty\n",
  "cursor up and erase line": "one\ntwo\nthree\n\x1b[2A\x1b[2KTWO\x1b[2B\x1b[1Gx\n",
  "cursor up beyond the first line": "one\ntwo\n\x1b[99AZ\n\n",
  "cursor up beyond what the screen holds": `${"line\n".repeat(80)}\x1b[99Atop\n\x1b[99Bend\n`,
  "columns": "abcdef\x1b[3GX\x1b[10Gy\x1b[2Dz\x1b[3C!\x1b[`<\n",
  "next and previous lines": "a\nb\nc\x1b[2Fx\x1b[Ey\x1b[1Ez\n\n",
  "erasing in a line": "abcdef\x1b[3D\x1b[K|\nabcdef\x1b[3D\x1b[1K|\nabcdef\x1b[2K|\n",
  "erasing below": "a\nb\nc\nd\n\x1b[3Axx\x1b[Jy\n",
  "erasing above": "a\nb\nc\nd\n\x1b[2Axx\x1b[1Jy\n",
  "characters erased, put in and taken out":
    "abcdef\x1b[4D\x1b[2X\nabcdef\x1b[4D\x1b[2@\nabcdef\x1b[4D\x1b[2P\n",
  "lines put in and taken out": "a\nb\nc\nd\n\x1b[3A\x1b[Lx\x1b[2B\r\x1b[M\x1b[1A!\n",
  "places": "a\nb\nc\n\x1b[1;1Hx\x1b[3;5Hy\x1b[2dz\x1b[Hq\x1b[4;1H\n",
  "a cursor that is kept": "abc\x1b7def\nx\x1b8Y\x1b[s\n\nq\x1b[uZ\n",
  "reverse index": "a\nb\x1bMx\x1bDy\x1bEz\n",
  "a cleared screen": "a\nb\n\x1b[H\x1b[2Jc\nd\n",
  "another screen": "a\nb\x1b[?1049h\x1b[2;2Hfull screen\x1b[?1049l!\nc\n",
  "16 colours": [30, 31, 37, 40, 44, 90, 97, 100, 107].map((n) => `\x1b[${n}mc${n}\x1b[0m `).join("") + "\n",
  "256 colours": "\x1b[38;5;9ma\x1b[48;5;200mb\x1b[38;5;244;1mc\x1b[39md\x1b[49me\x1b[m\n",
  "true colours": "\x1b[38;2;1;20;255ma\x1b[48:2::9:8:7mb\x1b[38:2::4:5:6mc\x1b[0m\x1b[38:5:33md\n",
  "ways of writing":
    "\x1b[1mb\x1b[2mf\x1b[22mn\x1b[3mi\x1b[4mu\x1b[7mv\x1b[9ms\x1b[23;24;27;29mn\x1b[4:3mc\x1b[4:0mn\x1b[21md\n",
  "an underline's colour": "\x1b[4;58;5;9mu\x1b[58;2;1;2;3mu\x1b[59;24mn\n",
  "a style that goes on over lines": "\x1b[31mred\nstill\x1b[m\nnot\n",
  "wide characters": "日本語 text\r\x1b[2Cx\n日本\x1b[1Gy\n🚀 go\r!\n한국어\x1b[3D*\n",
  "marks that join": "e\u0301a\u0301\rx\nnai\u0308ve\x1b[2D_\n",
  "links and titles":
    "\x1b]0;title\x07a\x1b]8;;https://example.com\x1b\\link\x1b]8;;\x1b\\b\x1b]2;t\x1b\\c\n",
  "what means nothing here":
    "\x1b[?25la\x1b[?2004hb\x1b(Bc\x1b=d\x1b[6ne\x1b[5 qf\x07g\x00h\x1b[>ci\x1bPq#0;2\x1b\\j\n",
  "a mode's own erasing is none": "abc\x1b[?1hdef\x1b[>4;1mg\n",
};

Deno.test("each rule of a terminal holds", async () => {
  for (const [what, text] of Object.entries(RULES)) await same(text, what);
});

/** What a program might print, by chance. */
function randomText(random: () => number): string {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!;
  const number = () => Math.floor(random() * 6);
  const parts = [
    () => pick(["a", "word", "some text ", "日本", "é", "x\u0301", "🚀"]),
    () => pick(["\n", "\n", "\r", "\t", "\b", "\r\n"]),
    () => `\x1b[${number()}${pick([..."ABCDEFGXP@LMdu"])}`,
    () => `\x1b[${number() % 3}${pick(["J", "K"])}`,
    () => `\x1b[${pick(["31", "1", "7", "0", "48;5;20", "4", "38;2;1;2;3", "22;24", ""])}m`,
    () => `\x1b[${number()};${number()}H`,
    () => pick(["\x1b7", "\x1b8", "\x1bM", "\x1bD", "\n".repeat(60)]),
  ];
  return Array.from({ length: 40 }, () => pick(parts)()).join("") + "\n";
}

Deno.test("whatever a program prints by chance looks as in a terminal", async () => {
  for (let seed = 1; seed <= rounds(100); seed++) {
    let state = seed * 2654435761 % 2 ** 32;
    const random = () => (state = (state * 1664525 + 1013904223) % 2 ** 32) / 2 ** 32;
    const text = randomText(random);
    await same(text, JSON.stringify(text), 400);
  }
});

Deno.test("bytes of code page 850 and other bytes that are no UTF-8 do no harm", async () => {
  const bytes = Uint8Array.of(
    ...new TextEncoder().encode("Gr"),
    0x94,
    0xe1,
    0x65,
    0x0a,
    0xff,
    0xfe,
    0x0a,
    0xc3,
    0x0a,
    0x41,
  );
  const text = new TextDecoder().decode(bytes);
  assert.deepEqual(shown([text]).map((line) => line.text), [
    "Gr\ufffd\ufffde",
    "\ufffd\ufffd",
    "\ufffd",
    "A",
  ]);
  await same(text, "bytes");
});

Deno.test("a hundred thousand lines are as in a terminal", async () => {
  const text = Array.from({ length: 100_000 }, (_, n) => `\x1b[${31 + n % 7}m${n}\x1b[0m of many`).join("\n");
  await same(text, "100,000 lines", 40);
});

Deno.test("a line of 5 MB is one line", async () => {
  const text = `begin ${"0123456789".repeat(500_000)} end\nnext\n`;
  const seen = shown(inPieces(text, 65_536));
  assert.deepEqual([seen.length, seen[0]!.text.length, seen[1]!.text], [2, 5_000_010, "next"]);
  await same(`${"x".repeat(300)}\rY\n`, "a line broken by the emulator", 1000);
});

Deno.test("the streams do not get into each other's colours and sequences", () => {
  const screen = new Screen();
  const terminal = new Terminal(screen);
  terminal.write("\x1b[3", { stream: "stdout" });
  terminal.write("plain ", { stream: "stderr" });
  terminal.write("1mred", { stream: "stdout" });
  terminal.write(" plain\n", { stream: "stderr" });
  const [line] = screen.lines;
  assert.equal(line.text, "plain red plain");
  assert.deepEqual(line.runs.map((part: { fg?: number }) => part?.fg ?? part), [6, null, 9, 1, 15, null]);
});

Deno.test("only links to the web are links", () => {
  const hrefs = [
    "https://example.com/a?b;c",
    "javascript:alert(1)",
    "file:///etc/passwd",
    "data:text/html,x",
    "HTTP://x",
  ]
    .map((href) => {
      const screen = new Screen();
      new Terminal(screen).write(`\x1b]8;id=1;${href}\x07text\x1b]8;;\x07`);
      return screen.lines[0].runs?.[1].href ?? null;
    });
  assert.deepEqual(hrefs, ["https://example.com/a?b;c", null, null, null, "HTTP://x"]);
});

Deno.test("a sequence that never ends takes no more than its line", () => {
  assert.deepEqual(shown(["a\x1b]0;title without an end\nb\n"]).map((line) => line.text), ["a", "b"]);
  assert.deepEqual(shown(["a\x1b[12", "\nb\n"]).map((line) => line.text), ["a", "b"]);
});

Deno.test("what is missing has a line of its own, and nothing reaches over it", () => {
  const screen = new Screen();
  const terminal = new Terminal(screen);
  terminal.write("one\ntw");
  terminal.note("9 bytes were not kept");
  terminal.write("\x1b[9A\rthree\n");
  assert.deepEqual(screen.lines.map((line: { text: string }) => line.text), [
    "one",
    "tw",
    "9 bytes were not kept",
    "three",
  ]);
  assert.deepEqual(screen.gaps, [2]);
});
