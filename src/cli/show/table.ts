/**
 * @module
 * Tables that fit: columns without values are left out, and the last column is cut to the terminal's width.
 */
import type { Print } from "./print.ts";
import { fit, visible, widthOf } from "./terminal.ts";

/** A column of a table of `Row`s. */
export interface Column<Row> {
  title: string;
  /** What stands in a row; empty is nothing. */
  value(row: Row): string | number;
  /** Default: to the left. */
  align?: "right";
  /** Puts colour on the cell, padded as it is. */
  paint?(row: Row, cell: string): string;
}

/** The lines of a table with its titles, joined. Control characters in values are written out. */
export function table<Row>(print: Print, { columns, rows }: {
  columns: readonly Column<Row>[];
  rows: readonly Row[];
}): string {
  const filled = columns
    .map((column) => ({ column, cells: rows.map((row) => visible(String(column.value(row)))) }))
    .filter(({ cells }) => cells.some((cell) => cell !== ""));
  let room = print.columns;
  const laid = filled.map(({ column, cells }, index) => {
    const needed = Math.max(widthOf(column.title), ...cells.map(widthOf));
    const width = index < filled.length - 1
      ? needed
      : Math.min(needed, Math.max(room, widthOf(column.title)));
    room -= width + GAP.length;
    return { column, cells, width };
  });
  const titles = laid.map(({ column, width }) => pad(column.title, { width, align: column.align }));
  const lines = rows.map((row, index) =>
    laid.map(({ column, cells, width }) => {
      const cell = pad(fit(cells[index]!, width), { width, align: column.align });
      return column.paint ? column.paint(row, cell) : cell;
    }).join(GAP).trimEnd()
  );
  return [print.paint("grey", titles.join(GAP).trimEnd()), ...lines].join("\n");
}

const GAP = "  ";

function pad(text: string, { width, align }: { width: number; align: "right" | undefined }): string {
  const space = " ".repeat(Math.max(0, width - widthOf(text)));
  return align === "right" ? space + text : text + space;
}
