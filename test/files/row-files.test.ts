import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { folder } from '../../functions/files/folder.ts';
import { writeRowFiles } from '../../functions/files/row-files.ts';

/** What the CSV says where one row has this cell. */
async function csvOf(cell: string): Promise<string> {
  const path = mkdtempSync(join(tmpdir(), 'tenure-rows-'));
  await writeRowFiles(folder(path), 'rows', ['cell'], async function* () {
    yield { cell };
  });
  return readFileSync(join(path, 'rows.csv'), 'utf8');
}

it.each([
  '=1+1',
  '+1',
  '-1',
  '@sum',
  ' =1+1',
  '\t=1',
  '\n@x',
  '\u00a0=1',
  '\ufeff=1',
  '\u200b=1',
  '  -2+3',
  ' ＝1',
])('a spreadsheet does not run the cell %j', async (cell) => expect(await csvOf(cell)).toContain(`'${cell}`));

it.each(['plain', 'a=b', ' a', "'=1", ''])('the cell %j stays as it is', async (cell) =>
  expect(await csvOf(cell)).toBe(`cell\n${cell}\n`),
);
