import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { folder } from '../../functions/files/folder.ts';
import { readPeople } from '../../functions/people/people-file.ts';

let place: string;
beforeAll(() => {
  place = mkdtempSync(join(tmpdir(), 'tenure-people-'));
});

function read(content: string | Buffer, columns: Record<string, string> = {}, dates = 'YYYY-MM-DD') {
  const name = String(content).startsWith('[') ? 'people.json' : 'people.csv';
  writeFileSync(join(place, name), content);
  return readPeople(folder(place), name, { columns, dates }, '2026-11-29');
}

const HEAD = 'Employee #,First Name,Last Name,Work Email';

describe('a file of people', () => {
  it.each([
    ['BambooHR', `${HEAD},Hire Date,Status\n007,Ann,Lee,ann@b.example,2020-01-02,Active\n`],
    [
      'with a byte order mark and semicolons',
      `\ufeff${HEAD.replaceAll(',', ';')};Hire Date\r\n007;Ann;Lee;ann@b.example;2020-01-02\r\n`,
    ],
    [
      'Workday-like',
      'Worker_ID,Legal First Name,Legal Last Name,Email,Start_Date\n007,Ann,Lee,ann@b.example,2020-01-02\n',
    ],
    [
      'JSON',
      JSON.stringify([
        {
          employeeId: '007',
          firstName: 'Ann',
          lastName: 'Lee',
          email: 'ann@b.example',
          startDate: '2020-01-02',
        },
      ]),
    ],
  ])('is read: %s', async (_, content) => {
    const facts = { employeeId: '007', firstName: 'Ann', lastName: 'Lee', email: 'ann@b.example' };
    expect(await read(content)).toEqual([
      expect.objectContaining({ ...facts, startDate: '2020-01-02', hasLeft: false }),
    ]);
  });

  it('has columns of its own where a mapping names them', async () => {
    const content = 'Nr,Vorname,Nachname,Post\n1,Ann,Lee,ann@b.example\n';
    const mapping = { employeeId: 'Nr', firstName: 'Vorname', lastName: 'Nachname', email: 'Post' };
    expect(await read(content, mapping)).toMatchObject([{ employeeId: '1', email: 'ann@b.example' }]);
    await expect(read(content)).rejects.toThrow(
      /no column is employeeId, [\w, ]+; the file has Nr, Vorname, .*--columns employeeId=COLUMN/,
    );
  });

  it.each([
    ['Inactive,', true],
    ['Active,2026-11-28', true],
    ['Active,2026-11-29', false],
    ['On leave,', false],
  ])('says who has left: %s', async (cells, hasLeft) => {
    const [person] = await read(`${HEAD},Status,Termination Date\n1,Ann,Lee,ann@b.example,${cells}\n`);
    expect(person?.hasLeft).toBe(hasLeft);
  });

  it('has days as they are declared, and an id where there is no number', async () => {
    const content = 'ID;First Name;Last Name;Email;Hire Date\n7;Ann;Lee;ann@b.example;30.11.2026\n';
    expect(await read(content, {}, 'DD.MM.YYYY')).toMatchObject([
      { employeeId: '7', startDate: '2026-11-30' },
    ]);
    await expect(read(content)).rejects.toThrow('row 2: startDate: is not written as YYYY-MM-DD');
    const both = `ID,${HEAD}\n7,00017,Ann,Lee,ann@b.example\n`;
    expect(await read(both)).toMatchObject([{ employeeId: '00017' }]);
  });

  it('may have somebody without an address', async () => {
    expect(await read(`${HEAD}\n1,Ann,Lee,\n`)).toMatchObject([{ employeeId: '1', email: null }]);
  });

  it('is refused with all that is wrong, row by row', async () => {
    const content = `${HEAD},Hire Date\n1,Ann,,ann@b.example,2020-01-02\n2,Bo,Ek,bo,02/01/2020\n3,Cy,Ek,c@b.example,\n3,Di,Ek,C@b.example,\n`;
    const error: unknown = await read(content).catch((thrown: unknown) => thrown);
    expect(String(error)).toMatch(/nothing of it was used/);
    for (const problem of [
      'row 2: lastName is missing',
      'row 3: email: ',
      'row 3: startDate: is not written as YYYY-MM-DD',
      'row 5: has the employee id of row 4',
      'row 5: has the address of row 4',
    ])
      expect(String(error)).toContain(problem);
  });

  it.each([
    ['', /is empty/],
    [`${HEAD}\n`, /it has no rows/],
    [`${HEAD}\n1,"Ann,Lee,a@b.example\n`, /row 2 has a quote that is not closed/],
    ['[{"employeeId":', /row 1 /],
    [Buffer.from(`${HEAD}\n1,Andr\xe9,Lee,a@b.example\n`, 'latin1'), /row 2 is not UTF-8/],
    [`${HEAD}\n1,Ann\n`, /row 2 has 2 cells, and the header has 4/],
  ])('is refused: %j', async (content, reason) => {
    await expect(read(content)).rejects.toThrow(reason);
  });
});
