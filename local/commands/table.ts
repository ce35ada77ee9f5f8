import stringWidth from 'string-width';
import { visible } from '../../functions/shared/visible.ts';

/** A row of a table. The details stand below it, because ids leave no room for them beside it. */
export type TableRow = { cells: readonly string[]; details?: readonly string[] };

/** A table as lines, with each column as wide as its widest cell. */
export function tableLines(rows: readonly TableRow[], indent = ''): string[] {
  const [head] = rows;
  const widths =
    head?.cells.map((_, column) => Math.max(...rows.map(({ cells }) => widthOfCell(cells[column] ?? '')))) ??
    [];
  return rows.flatMap(({ cells, details = [] }) => {
    const row = cells.map((cell, column) => padded(cell, widths[column] ?? 0)).join('  ');
    return [`${indent}${row}`.trimEnd(), ...details.map((detail) => `${indent}    ${detail}`)];
  });
}

function padded(cell: string, width: number): string {
  return cell + ' '.repeat(width - widthOfCell(cell));
}

function widthOfCell(cell: string): number {
  return stringWidth(visible(cell));
}

const LONGEST_ID = 16;

/** An id as it fits into a table; two ids of a list are still told apart by their ends. */
export function shortId(id: string): string {
  return id.length <= LONGEST_ID ? id : `${id.slice(0, 8)}…${id.slice(-4)}`;
}
