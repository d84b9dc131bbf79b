/**
 * @module
 * What a real terminal emulator shows of some text: the judge of the pages' own one.
 */
import { Unicode11Addon } from "npm:@xterm/addon-unicode11@0.9.0";
import xterm from "npm:@xterm/headless@6.0.0";

/** A line as both describe it: its text, and how each character that can be seen looks. */
export interface SeenLine {
  text: string;
  looks: string[];
}

const ROWS = 50;

/** All lines of an emulator after it has been given the texts, one after the other; lines that it broke are whole again. */
export async function emulate(texts: readonly string[], cols: number): Promise<SeenLine[]> {
  const terminal = new xterm.Terminal({
    rows: ROWS,
    cols,
    scrollback: 1_000_000,
    convertEol: true,
    allowProposedApi: true,
    scrollOnEraseInDisplay: true,
  });
  terminal.loadAddon(new Unicode11Addon());
  terminal.unicode.activeVersion = "11";
  for (const text of texts) await new Promise<void>((done) => terminal.write(text, done));
  const buffer = terminal.buffer.active;
  const lines: SeenLine[] = [];
  for (let row = 0; row < buffer.length; row++) {
    const line = buffer.getLine(row)!;
    const seen: SeenLine = { text: line.translateToString(false), looks: [] };
    for (let column = 0; column < line.length; column++) {
      const cell = line.getCell(column)!;
      if (cell.getChars().trim() !== "") seen.looks.push(lookOf(cell));
    }
    if (line.isWrapped && lines.length > 0) {
      lines.at(-1)!.text += seen.text;
      lines.at(-1)!.looks.push(...seen.looks);
    } else lines.push(seen);
  }
  terminal.dispose();
  for (const line of lines) line.text = line.text.trimEnd();
  while (lines.at(-1)?.text === "") lines.pop();
  return lines;
}

// deno-lint-ignore no-explicit-any -- a cell of the emulator
function lookOf(cell: any): string {
  const colour = (isDefault: boolean, isRgb: boolean, value: number) =>
    isDefault ? "-" : isRgb ? `#${value.toString(16).padStart(6, "0")}` : String(value);
  return [
    colour(cell.isFgDefault(), cell.isFgRGB(), cell.getFgColor()),
    colour(cell.isBgDefault(), cell.isBgRGB(), cell.getBgColor()),
    ...(["Bold", "Dim", "Italic", "Underline", "Inverse", "Strikethrough"].filter((name) =>
      cell[`is${name}`]()
    )),
  ].join(" ");
}
