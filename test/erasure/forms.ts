import { readdirSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { needsOf } from '../../cdk/step-needs.ts';
import { LAMBDA_NAMES } from '../../cdk/tenure-stack.ts';

const TABLES = new URL('../../functions/tables/', import.meta.url);

/** The kinds of rows that some Lambda may write into the identity table, as its rights say: `EMPLOYEE`, `HOLD` and so on. */
export function writableKinds(): string[] {
  const needs = LAMBDA_NAMES.flatMap((name) => needsOf(name).rows ?? []);
  const written = needs.filter(
    ({ table, actions }) =>
      table === 'identity' && actions.some((action) => !/^(BatchGet|Get|Query|Scan)/.test(action)),
  );
  const kinds = written.flatMap(({ keys = [] }) => keys.map((key) => key.replace(/#.*/, '')));
  return [...new Set(kinds)].sort();
}

/** The forms of those rows, `ROSTER#<app> <employeeId>`, as functions/tables/ describes them above the code. */
export function formsOfRows(): string[] {
  const kinds = writableKinds();
  const lines = readdirSync(TABLES)
    .filter((file) => file.endsWith('.ts'))
    .flatMap((file) => readFileSync(new URL(file, TABLES), 'utf8').split('\n'));
  const forms = lines.flatMap((line) => {
    const [, pk = '', sk] = line.match(/^\/\/ {3}([A-Z]+#\S+) {2,}((?:<[^>]*>|[^\s<])+)/) ?? [];
    return kinds.includes(pk.replace(/#.*/, '')) ? [`${pk} ${sk}`] : [];
  });
  return forms.sort();
}

/** Whether a row has a form: what stands in `<…>` may be anything. */
export function hasForm({ pk, sk }: { pk: string; sk: string }, form: string): boolean {
  const pattern = form.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`).replaceAll(/<[^>]+>/g, '.+');
  return new RegExp(`^${pattern}$`).test(`${pk} ${sk}`);
}

/** All that a row says as one text, with what it keeps compressed. */
export function textOf(row: object): string {
  const read = Object.entries(row).map(([name, value]) => [
    name,
    value instanceof Uint8Array ? gunzipSync(value).toString() : value,
  ]);
  return JSON.stringify(Object.fromEntries(read));
}
