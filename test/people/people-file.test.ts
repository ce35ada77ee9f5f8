import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { folder } from '../../functions/files/folder.ts';
import { readPeople } from '../../functions/people/people-file.ts';

let place: string;
beforeAll(() => {
  place = mkdtempSync(join(tmpdir(), 'tenure-people-'));
});
afterAll(() => rmSync(place, { recursive: true }));

function read(content: string, mapping: Record<string, string> = {}) {
  writeFileSync(join(place, 'people.csv'), content);
  return readPeople(folder(place), 'people.csv', mapping, '2026-11-29');
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
    await expect(read(content)).rejects.toThrow(/no column is employeeId; the file has Nr, Vorname/);
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
      'row 3: startDate: must be a day such as 2026-11-30',
      'row 5: has the employee id of row 4',
      'row 5: has the address of row 4',
    ])
      expect(String(error)).toContain(problem);
  });

  it.each([
    ['', /no column|no rows/],
    [`${HEAD}\n`, /it has no rows/],
    [`${HEAD}\n1,"Ann,Lee,a@b.example\n`, /line \d+ is no CSV/],
    ['[{"employeeId":', /neither CSV nor a JSON array/],
  ])('is refused: %j', async (content, reason) => {
    await expect(read(content)).rejects.toThrow(reason);
  });
});
