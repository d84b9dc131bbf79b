/**
 * @module
 * Tables that fit the terminal: columns without values are left out, and where there is not enough room, titles are
 * said in short and the widest texts are cut. Numbers never are. Where stdout is no terminal, nothing is cut.
 */
import type { Print } from "./print.ts";
import { fit, visible, widthOf } from "./terminal.ts";

/** A column of a table of `Row`s. */
export interface Column<Row> {
  title: string;
  /** What stands for the title where there is not enough room. */
  short?: string;
  /** What stands in a row; empty is nothing. */
  value(row: Row): string | number;
  /** Default: to the left. */
  align?: "right";
  /** It becomes narrower than this only where nothing else helps. */
  least?: number;
  /** It is there also when nothing stands in it. */
  always?: boolean;
  /** Puts colour on the cell, padded as it is. */
  paint?(row: Row, cell: string): string;
}

/** A column with what stands in it, as wide as it is to be. */
interface Laid<Row> {
  column: Column<Row>;
  title: string;
  cells: readonly string[];
  width: number;
}

/** The lines of a table with its titles, joined. Control characters in values are written out. */
export function table<Row>(print: Pick<Print, "columns" | "paint">, { columns, rows }: {
  columns: readonly Column<Row>[];
  rows: readonly Row[];
}): string {
  const filled = columns
    .map((column) => ({ column, cells: rows.map((row) => visible(String(column.value(row)))) }))
    .filter(({ column, cells }) => column.always || cells.some((cell) => cell !== ""));
  const room = print.columns;
  let laid = filled.map(({ column, cells }): Laid<Row> => layOut(column, { title: column.title, cells }));
  if (widthOfAll(laid) > room) {
    laid = filled.map(({ column, cells }) => layOut(column, { title: column.short ?? column.title, cells }));
    narrow(laid, room);
  }
  const titles = laid.map(({ column, title, width }) =>
    pad(fit(title, width), { width, align: column.align })
  );
  const lines = rows.map((row, index) =>
    laid.map(({ column, cells, width }) => {
      const cell = pad(fit(cells[index]!, width), { width, align: column.align });
      return column.paint ? column.paint(row, cell) : cell;
    }).join(GAP).trimEnd()
  );
  return [print.paint("grey", titles.join(GAP).trimEnd()), ...lines].join("\n");
}

const GAP = "  ";

function layOut<Row>(
  column: Column<Row>,
  { title, cells }: { title: string; cells: readonly string[] },
): Laid<Row> {
  return { column, title, cells, width: Math.max(widthOf(title), ...cells.map(widthOf)) };
}

function widthOfAll(laid: readonly { width: number }[]): number {
  return laid.reduce((sum, { width }) => sum + width, 0) + GAP.length * Math.max(0, laid.length - 1);
}

/** How narrow texts may become: first so that one can read them, then so that one can tell them apart, then any. */
const LAST = 1;
const LEAST = [12, 6, LAST];

/** Takes from the widest columns until all of them fit, or nothing is left to be taken. */
function narrow<Row>(laid: readonly Laid<Row>[], room: number): void {
  for (const least of LEAST) {
    const floors = new Map(laid.map((one) => [one, Math.min(one.width, floorOf(one, least))]));
    while (widthOfAll(laid) > room) {
      const wide = laid.filter((one) => one.width > floors.get(one)!).sort((a, b) => b.width - a.width);
      const [widest, next] = wide;
      if (!widest) break;
      const over = widthOfAll(laid) - room;
      // down to the next one at once, then by turns
      const step = Math.max(
        1,
        Math.min(over, widest.width - Math.max(next?.width ?? 0, floors.get(widest)!)),
      );
      widest.width -= step;
    }
  }
}

function floorOf<Row>({ column, cells }: Laid<Row>, least: number): number {
  if (column.align === "right") return Math.max(LAST, ...cells.map(widthOf));
  return least === LAST ? LAST : Math.max(least, column.least ?? 0);
}

function pad(text: string, { width, align }: { width: number; align: "right" | undefined }): string {
  const space = " ".repeat(Math.max(0, width - widthOf(text)));
  return align === "right" ? space + text : text + space;
}
