import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { csvRows } from '../../functions/files/csv-rows.ts';
import { fileStore } from '../../functions/files/files.ts';
import { arrayRows } from '../../functions/files/json-array.ts';
import { LONGEST_ROW, readLines } from '../../functions/files/lines.ts';
import { openSource, readRows } from '../../functions/files/row-source.ts';
import type { SourceRow } from '../../functions/files/source-row.ts';

const REQUIRED = ['crmId', 'email'];

const folder = mkdtempSync(join(tmpdir(), 'tenure-contacts-'));
const files = fileStore(pathToFileURL(folder).href);
mkdirSync(join(folder, 'contacts'));

const put = (name: string, content: string | Uint8Array) => {
  writeFileSync(join(folder, 'contacts', name), content);
  return `contacts/${name}`;
};
const all = async (rows: AsyncIterable<SourceRow>) => {
  const read: SourceRow[] = [];
  for await (const row of rows) read.push(row);
  return read;
};
async function rowsOf(name: string, content: string | Uint8Array): Promise<SourceRow[]> {
  const { source, position } = await openSource(files, put(name, content), REQUIRED);
  return all(readRows(files, source, position));
}
/** Each row as its number and its crmId, or what is wrong with it. */
const inShort = (rows: readonly SourceRow[]) =>
  rows.map(({ number, value, problem }) => `${number} ${problem ?? Object(value).crmId}`);

const QUOTES = 'has a quote that is not closed or is in the wrong place';
const HEADER = 'crmId,email,name\n';
const COLUMNS = ['crmId', 'email', 'name'];

describe('CSV', () => {
  it('takes a byte order mark, CRLF, blank lines, quotes, line breaks in them, and no line break at the end', async () => {
    const text =
      '\uFEFF"crmId", email ,name\r\n1,a@x.example,"Holm, ""Ida"""\r\n\r\n2,b@x.example,"two\r\nlines"\r\n3,c@x.example,';
    expect((await rowsOf('kinds.csv', text)).map(({ number, value }) => [number, value])).toEqual([
      [2, { crmId: '1', email: 'a@x.example', name: 'Holm, "Ida"' }],
      [4, { crmId: '2', email: 'b@x.example', name: 'two\nlines' }],
      [6, { crmId: '3', email: 'c@x.example', name: '' }],
    ]);
  });

  it('takes blank lines above the header', async () => {
    expect(inShort(await rowsOf('above.csv', `\r\n\n${HEADER}1,a,b\n`))).toEqual(['4 1']);
  });

  it('passes over the rows without a word that spreadsheets add', async () => {
    expect(inShort(await rowsOf('spread.csv', `${HEADER}1,a,b\n,,\n , ,\r\n,\n2,b,c\n,,`))).toEqual([
      '2 1',
      '6 2',
    ]);
  });

  it.each([
    ['a quote that is never closed', '1,"a,b\n2,b,c\n3,c,d\n', [`2 ${QUOTES}`, '3 2', '4 3']],
    [
      'one that the next quoted row seems to close',
      '1,"a,b\n2,b,"c"\n3,c,d\n',
      [`2 ${QUOTES}`, '3 2', '4 3'],
    ],
    [
      'one that is closed in a later row',
      'a,"b\n1,b,c\n2,b",c,d\n3,b,c\n',
      ['2 has 4 cells, and the header has 3', '3 1', `4 ${QUOTES}`, '5 3'],
    ],
    ['a quote within a cell', '1,a"b,c\n2,b,c\n', [`2 ${QUOTES}`, '3 2']],
    [
      'one behind rows that are read again',
      '1,"a,b\n2,"b","c\n3,c,d\n4,d,e\n',
      [`2 ${QUOTES}`, `3 ${QUOTES}`, '4 3', '5 4'],
    ],
    ['text after a closing quote', '1,"a"b,c\n2,b,c\n', [`2 ${QUOTES}`, '3 2']],
    ['too few cells', '1,a\n2,b,c\n', ['2 has 2 cells, and the header has 3', '3 2']],
    ['too many cells', '1,a,b,c\n2,b,c\n', ['2 has 4 cells, and the header has 3', '3 2']],
  ])('%s costs its own row and no other', async (_, rows, expected) => {
    expect(inShort(await rowsOf('bad.csv', HEADER + rows))).toEqual(expected);
  });

  it('does not lose the rest to bytes that are not UTF-8, nor keep a row that has no end', async () => {
    const latin1 = Buffer.from('1,a@x.example,Zo\xeb\n2,b@x.example,b\n', 'latin1');
    const endless = Buffer.from(`3,c@x.example,${'c'.repeat(LONGEST_ROW)}\n4,d@x.example,d\n`);
    const rows = await rowsOf('bytes.csv', Buffer.concat([Buffer.from(HEADER), latin1, endless]));
    expect(inShort(rows)).toEqual(['2 is not UTF-8', '3 2', `4 is longer than ${LONGEST_ROW} bytes`, '5 4']);
  });

  it('does not take a row for whole of which a line cannot be read', async () => {
    const rows = await rowsOf('part.csv', Buffer.from(`${HEADER}1,a,"x\n\xeb\ny"\n2,b,c\n`, 'latin1'));
    expect(inShort(rows)).toEqual([`2 ${QUOTES}`, '3 is not UTF-8', `4 ${QUOTES}`, '5 2']);
  });

  it('gives up a cell that goes on for longer than a row may, and does not read the file to its end for it', async () => {
    let asked = 0;
    async function* large() {
      yield Buffer.from('first,"a,b\n');
      for (; asked < 100_000; asked += 1) yield Buffer.from(`${asked},x@x.example,${'x'.repeat(20)}\n`);
    }
    const numbers = [];
    for await (const { number, problem } of csvRows(readLines(large(), { byte: 0, line: 0 }), COLUMNS)) {
      if (problem !== null) numbers.push(number);
      if (number > 3_000) break;
    }
    expect(numbers).toEqual([1]);
    expect(asked).toBeLessThan(6_000);
  });

  it.each([
    ['empty', Buffer.from('\n')],
    ['unreadable', Buffer.from('1,\xeb,c\n', 'latin1')],
  ])('reads no further for a quote when the lines after it are %s', async (_, line) => {
    let asked = 0;
    async function* lines() {
      yield Buffer.from('1,"a,b\n');
      for (; asked < 100_000; asked += 1) yield line;
    }
    for await (const { problem } of csvRows(readLines(lines(), { byte: 0, line: 0 }), COLUMNS)) {
      expect(problem).toBe(QUOTES);
      break;
    }
    expect(asked * line.length).toBeLessThan(LONGEST_ROW + 2 * line.length);
  });

  it('never asks for more of a file that nobody wants the rest of', async () => {
    let isClosed = false;
    async function* endless() {
      try {
        for (;;) yield Buffer.from('1,a,b\n');
      } finally {
        isClosed = true;
      }
    }
    for await (const _ of csvRows(readLines(endless(), { byte: 0, line: 0 }), COLUMNS)) break;
    expect(isClosed).toBe(true);
  });

  it.each([
    ['', /is empty/],
    ['id,email\n1,a\n', /must name the columns/],
    ['crmId;email\n1;a\n', /must name the columns/],
    ['crmId,email,email\n', /must name the columns/],
    ['crmId,email,\n', /must name the columns/],
    ['crmId,email,name\r1,a@x.example,Ida\r', /must name the columns/],
    [Buffer.from('\ufeffcrmId,email\n', 'utf16le'), /must be UTF-8/],
  ])('the file %j is refused', async (content, reason) => {
    await expect(rowsOf('refused.csv', content)).rejects.toThrow(reason);
  });
});

describe('JSON', () => {
  it('takes an object a line, and says which line is none', async () => {
    const rows = await rowsOf('lines.jsonl', '{"crmId":1}\r\n\n{"crmId":\n[]\n{"crmId":"5"}');
    expect(inShort(rows)).toEqual(['1 1', '3 is not JSON', '4 undefined', '5 5']);
  });

  it('takes an array, and numbers its elements', async () => {
    const rows = await rowsOf('array.json', ' [{"crmId":"a"},\n 7, {"crmId":"b"}]');
    expect(inShort(rows)).toEqual(['1 a', '2 is not a JSON object', '3 b']);
  });

  it.each(['numbers.jsonl', 'numbers.json'])(
    'keeps a number that a double cannot hold as text: %s',
    async (name) => {
      const text =
        '{"crmId":120210987654321987,"a":0.12345678901234567891,"b":1e400,"c":9007199254740993,"d":[-120210987654321987]}';
      const [row] = await rowsOf(name, name.endsWith('.json') ? `[${text}]` : text);
      expect(row?.value).toEqual({
        crmId: '120210987654321987',
        a: '0.12345678901234567891',
        b: '1e400',
        c: '9007199254740993',
        d: ['-120210987654321987'],
      });
    },
  );

  it('takes a number as a number however it is written', async () => {
    const text =
      '{"crmId":7,"a":1.10,"b":1E3,"c":-0,"d":0.1,"e":1200000000000000000000,"f":5e-324,"g":0.0000001,"h":1e21}';
    const [row] = await rowsOf('written.jsonl', text);
    expect(row?.value).toEqual({
      ...{ crmId: 7, a: 1.1, b: 1000, c: -0, d: 0.1 },
      ...{ e: 1.2e21, f: 5e-324, g: 1e-7, h: 1e21 },
    });
  });

  it('takes an array that is one long line', async () => {
    const contacts = Array.from({ length: 5_000 }, (_, index) => ({ crmId: index, email: 'a@x.example' }));
    expect(await rowsOf('line.json', `\uFEFF\n${JSON.stringify(contacts)}`)).toHaveLength(5_000);
  });

  it('takes .json with an object a line too', async () => {
    expect(inShort(await rowsOf('lines.json', '{"crmId":1}\n{"crmId":2}\n'))).toEqual(['1 1', '2 2']);
  });

  const BROKEN = 'is not a JSON object';
  it.each([
    ['without its end', '[{"crmId":1},{"crmId":2', ['1 1', `2 ${BROKEN}`]],
    ['without its closing brace', '[{"crmId":1,{"crmId":2},{"crmId":3}]', [`1 ${BROKEN}`, '2 2', '3 3']],
    [
      'without a closing quote',
      '[{"crmId":"1},\n{"crmId":"2"},\n{"crmId":3}]',
      [`1 ${BROKEN}`, '2 2', '3 3'],
    ],
    ['with a stray comma', '[{"crmId":1,},{"crmId":2}]', [`1 ${BROKEN}`, '2 2']],
    ['with braces and quotes in a text', '[{"crmId":"}\\"{"},{"crmId":2}]', ['1 }"{', '2 2']],
    ['that is not UTF-8', Buffer.from('[{"crmId":"Zo\xeb"},{"crmId":2}]', 'latin1'), [`1 ${BROKEN}`, '2 2']],
    [
      'that is longer than a row',
      `[{"crmId":"${'x'.repeat(3 * LONGEST_ROW)}"},{"crmId":2}]`,
      [`1 ${BROKEN}`, '2 2'],
    ],
  ])('an object %s costs itself and no other', async (_, content, expected) => {
    expect(inShort(await rowsOf('array.json', content))).toEqual(expected);
  });

  it('takes an array from any of its elements on, in pieces of any size', async () => {
    const text = new TextEncoder().encode('\uFEFF[{"crmId":"ä"},\n 7, {"crmId":"{b"}, {"crmId":"c"}]\n');
    for (const size of [1, 2, 3, 7, 100]) {
      const pieces = (from: number) =>
        (async function* () {
          for (let at = from; at < text.length; at += size) yield text.subarray(at, at + size);
        })();
      const rows = await all(arrayRows(pieces(0), { byte: 0, line: 0 }));
      expect(inShort(rows), `pieces of ${size}`).toEqual(['1 ä', `2 ${BROKEN}`, '3 {b', '4 c']);
      for (const [index, { next }] of rows.entries())
        expect(await all(arrayRows(pieces(next.byte), next))).toEqual(rows.slice(index + 1));
    }
  });
});

it('refuses a file of another kind, and one that is not there', async () => {
  await expect(rowsOf('contacts.xlsx', 'x')).rejects.toThrow(/must end in/);
  await expect(openSource(files, 'contacts/none.csv', REQUIRED)).rejects.toThrow(
    /no file contacts\/none\.csv/,
  );
});

describe('going on', () => {
  const CSV = `${HEADER}1,a@x.example,"ä\n""b"""\r\n\n2,"b,c\n3,c@x.example,ö\n4,d@x.example,d`;
  it.each([
    ['rest.csv', CSV],
    ['rest.jsonl', '{"crmId":"ä"}\nnot json\n\n{"crmId":"2"}\r\n{"crmId":"3"}'],
    ['rest.json', '[{"crmId":"ä"},1,{"crmId":"2"}]'],
  ])('after each row of %s gives the rest, neither less nor more', async (name, content) => {
    const { source, position } = await openSource(files, put(name, content), REQUIRED);
    const rows = await all(readRows(files, source, position));
    expect(rows.length).toBeGreaterThan(2);
    for (const [index, { next }] of rows.entries())
      expect(await all(readRows(files, source, next))).toEqual(rows.slice(index + 1));
  });

  it('is refused once the file is another one', async () => {
    const { source, position } = await openSource(files, put('changing.csv', `${HEADER}1,a,b\n`), REQUIRED);
    put('changing.csv', `${HEADER}1,a,b\n2,b,c\n`);
    await expect(all(readRows(files, source, position))).rejects.toThrow(
      /was changed while it was being read/,
    );
  });

  it('does not mind where the bytes are cut', async () => {
    const bytes = Buffer.from(CSV);
    const cut = async function* (size: number) {
      for (let from = 0; from < bytes.length; from += size) yield bytes.subarray(from, from + size);
    };
    const lines = (size: number) => readLines(cut(size), { byte: 0, line: 0 });
    const whole = await all(csvRows(lines(bytes.length), COLUMNS));
    for (let size = 1; size < 8; size += 1) expect(await all(csvRows(lines(size), COLUMNS))).toEqual(whole);
  });
});
