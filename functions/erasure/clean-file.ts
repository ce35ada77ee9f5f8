import { parse } from 'csv-parse/sync';
import { stringify } from 'csv-stringify/sync';
import { parseJson } from '../shared/json.ts';
import type { Traces } from './person.ts';
import { isAboutThem, withoutRows } from './without-rows.ts';

/**
 * The text of a file without the rows that are about a person, and without their addresses and names in others. Null
 * where the file has to go, because it names them and is neither JSON nor CSV.
 *
 * @param name tells the form by its ending.
 */
export function cleanFile(name: string, text: string, traces: Traces): string | null {
  const cleaned = FORMS.find(([ending]) => ending.test(name))?.[1](text, traces);
  if (cleaned !== undefined) return cleaned;
  return traces.names(text) ? null : text;
}

/** By the ending of a file's name; undefined for a text that is not of that form. */
const FORMS: readonly [RegExp, (text: string, traces: Traces) => string | undefined][] = [
  [/\.jsonl$/i, cleanLines],
  [/\.json$/i, cleanJson],
  [/\.(csv|txt)$/i, cleanCsv],
];

function cleanLines(text: string, traces: Traces): string | undefined {
  const rows = text.split('\n').map((line) => ({ line, value: parseJson(line) }));
  if (rows.some(({ line, value }) => value === undefined && traces.names(line))) return undefined;
  return rows
    .filter(({ value }) => !isAboutThem(value, traces))
    .map(({ line, value }) => (traces.names(line) ? JSON.stringify(traces.withoutAll(value)) : line))
    .join('\n');
}

function cleanJson(text: string, traces: Traces): string | undefined {
  const value = parseJson(text);
  if (value === undefined) return undefined;
  const cleaned = traces.withoutAll(withoutRows(value, traces));
  if (JSON.stringify(cleaned) === JSON.stringify(value)) return text;
  if (!Array.isArray(cleaned)) return `${JSON.stringify(cleaned)}\n`;
  return cleaned.length === 0 ? '[]\n' : `[\n${cleaned.map((row) => JSON.stringify(row)).join(',\n')}\n]\n`;
}

function cleanCsv(text: string, traces: Traces): string | undefined {
  const [header, ...rows] = cellsOf(text) ?? [];
  if (header === undefined) return undefined;
  const kept = rows.filter(
    (cells) => !isAboutThem(Object.fromEntries(cells.map((cell, at) => [header[at] ?? at, cell])), traces),
  );
  // A text without a header begins with what may be about them.
  const columns = header.map((cell) => (traces.isTheirId(cell.trim()) ? '' : cell));
  const cleaned = [columns, ...kept].map((cells) => cells.map(traces.without));
  return JSON.stringify(cleaned) === JSON.stringify([header, ...rows]) ? text : stringify(cleaned);
}

function cellsOf(text: string): string[][] | undefined {
  try {
    return parse(text, { relax_column_count: true, bom: true });
  } catch {
    return undefined;
  }
}
