import { createHash } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import * as z from 'zod/mini';
import { folder } from '../../functions/files/folder.ts';
import type { AcceptsFile } from '../../functions/hr/roster-file.ts';
import { dayOf, RosterFormat } from '../../functions/hr/roster-format.ts';
import { takeRosterFile } from '../../functions/hr/take-roster-file.ts';
import { hrWorld, shown } from './world.ts';

const path = mkdtempSync(join(tmpdir(), 'tenure-roster-'));
const files = folder(path);
const put = (content: string | Buffer, name = 'roster.csv') => {
  writeFileSync(join(path, name), content);
  return name;
};
const format = (wanted: object = {}) => z.parse(RosterFormat, wanted);

function rosterWorld() {
  const world = hrWorld();
  const take = (
    name: string,
    options: {
      format?: RosterFormat;
      adopts?: boolean;
      isPlan?: boolean;
      acceptedBy?: AcceptsFile;
      writtenAt?: string;
    } = {},
  ) =>
    takeRosterFile({ ...world, files, now: () => Date.parse(world.readAt()) }, name, {
      format: format(),
      ...options,
    });
  return { ...world, take };
}

const HEADER =
  'Employee #,First Name,Last Name,Work Email,Job Title,Department,Manager ID,Hire Date,Termination Date,Status\n';
const MARA = '00001,Mara,Lindqvist,mara@northlight.example,Head,Sales,,2020-01-01,,Active\n';
const ANN = '00017,Ann,Lee,ann.lee@northlight.example,AE,Sales,00001,2024-04-01,,Active\n';
const crowd = (count: number) =>
  Array.from(
    { length: count },
    (_, index) => `X${index},No,Body,x${index}@northlight.example,,,,2020-01-01,,Active\n`,
  ).join('');

it('the first file sets the baseline, the second hires, the third shuts the one leaver', async () => {
  const world = rosterWorld();
  const file = HEADER + MARA + crowd(10);
  expect(await world.take(put(file))).toMatchObject({ mode: 'baseline', people: 11, events: [] });
  const hired = await world.take(put(file + ANN.replace('2024-04-01', '2026-03-02')));
  expect(shown(hired)).toEqual(['employee.hired 00017 2026-03-02 pipedrive+drata']);
  const left = await world.take(
    put(file + ANN.replace('2024-04-01', '2026-03-02').replace(',,Active', ',2026-03-06,Active')),
  );
  expect(shown(left)).toEqual([
    'employee.terminated 00017 2026-03-06 Europe/Berlin endOfLastWorkingDay to mara@northlight.example',
  ]);
  expect(
    (
      await world.take(
        put(file + ANN.replace('2024-04-01', '2026-03-02').replace(',,Active', ',2026-03-06,Active')),
      )
    ).events,
  ).toEqual([]);
});

it('semicolons and tabs are read as commas are', async () => {
  for (const delimiter of [';', '\t']) {
    const content = (HEADER + MARA + ANN).replaceAll(',', delimiter);
    expect(await rosterWorld().take(put(content))).toMatchObject({ mode: 'baseline', people: 2 });
  }
});

it('JSON is read as CSV is, numbers and what is missing too', async () => {
  const world = rosterWorld();
  const people = [
    {
      employeeId: 1,
      firstName: 'Mara',
      lastName: 'Lindqvist',
      email: 'mara@northlight.example',
      status: 'Active',
    },
    {
      employeeId: 17,
      firstName: 'Ann',
      lastName: 'Lee',
      email: 'ann@northlight.example',
      status: 'Active',
      managerId: 1,
      endDate: null,
    },
  ];
  expect(await world.take(put(JSON.stringify(people), 'roster.json'))).toMatchObject({
    people: 2,
    unreadable: {},
  });
  const leaver = people.map((person) =>
    person.employeeId === 17 ? { ...person, endDate: '2026-03-06' } : person,
  );
  expect(shown(await world.take(put(JSON.stringify(leaver), 'roster.json')))).toEqual([
    'employee.terminated 17 2026-03-06 Europe/Berlin endOfLastWorkingDay to mara@northlight.example',
  ]);
});

it("Microsoft's sample columns, and dates as they are declared", async () => {
  const world = rosterWorld();
  const mapped = { format: format({ columns: { workEmail: 'mail' }, dates: 'M/D/YYYY' }) };
  const first = [
    'WorkerID,WorkerStatus,FirstName,LastName,ManagerID,HireDate,Department,JobTitle,mail',
    '001,Active,Mara,Lee,,1/9/2020,,,m@northlight.example\n',
  ].join('\n');
  await world.take(put(first), mapped);
  const ann = '007,Active,Ann,Lee,,3/9/2026,Sales,AE,ann@northlight.example\n';
  const taken = await world.take(put(first + ann), mapped);
  expect(shown(taken)).toEqual(['employee.hired 007 2026-03-09 pipedrive+drata']);
});

describe('is refused whole, and nothing is done', () => {
  it.each([
    ['empty', '', /is empty/],
    ['without rows', HEADER, /it has no rows/],
    ['cut off in a row', `${HEADER}${MARA}00017,Ann,Le`, /row 3 has 3 cells/],
    ['cut off in a quote', `${HEADER}${MARA}00017,"Ann`, /row 3/],
    [
      'cut off in a date',
      `${HEADER}${MARA}00017,Ann,Lee,a@northlight.example,AE,Sales,,2024-04-01,,Activ`,
      /ends in row 3, whose status/,
    ],
    ['with somebody twice', HEADER + MARA + ANN + ANN, /rows 3 and 4 have the same id/],
    ['without a name column', 'id,status\n1,Active\n', /no column is firstName.*no column is lastName/],
    ['without an id', `${HEADER}${MARA},Ann,Lee,,,,,,,Active\n`, /row 3 has no id/],
    [
      'with days in another form',
      HEADER + MARA.replace('2020-01-01', '01/02/2020'),
      /no startDate is written as YYYY-MM-DD/,
    ],
    [
      'with two columns for one field',
      'id,first name,last name,status,email,work email\n1,a,b,Active,,\n',
      /email and work email could all be workEmail/,
    ],
    ['in another encoding', Buffer.from(`${HEADER}1,J\xf6rg,Lee,,,,,,,Active\n`, 'latin1'), /UTF-8/],
  ])('a file that is %s', async (_, content, expected) => {
    const world = rosterWorld();
    await world.take(put(HEADER + MARA));
    await expect(world.take(put(content, 'bad.csv'))).rejects.toThrow(expected);
    expect(world.put).toEqual([]);
    expect((await world.engine.find('00001'))?.absences).toBe(0);
  });

  it('a JSON array without an end', async () => {
    const world = rosterWorld();
    await expect(
      world.take(put('[{"id":"1","firstName":"a","lastName":"b","status":"Active"}', 'cut.json')),
    ).rejects.toThrow(/array has no end/);
  });

  it('a file that lacks a column which is mapped, or which the last file had', async () => {
    const world = rosterWorld();
    await world.take(put(HEADER + MARA));
    await expect(
      world.take(put(HEADER + MARA), { format: format({ columns: { lastDay: 'Gone' } }) }),
    ).rejects.toThrow(/no column Gone, which is mapped to lastDay/);
    await expect(
      world.take(put('Employee #,First Name,Last Name,Status\n00001,Mara,Lindqvist,Active\n')),
    ).rejects.toThrow(/the last file had a column for .*workEmail/);
  });

  it('a file that lacks more than a tenth of the last one’s people', async () => {
    const world = rosterWorld();
    await world.take(put(HEADER + crowd(20)));
    await expect(world.take(put(HEADER + crowd(17)))).rejects.toThrow(/17 people and the last one had 20/);
    expect(await world.take(put(HEADER + crowd(18)))).toMatchObject({ people: 18, events: [] });
    // The two are missing by now.
    expect(await world.take(put(HEADER + crowd(17)))).toMatchObject({ people: 17, events: [] });
  });

  it.each([
    ['without leading zeros', (id: string) => id.replace(/^0+/, '')],
    ['as a spreadsheet protects them', (id: string) => `"=""${id}"""`],
    ['of another company', (id: string) => `9${id}`],
  ])('a file with as many people, and their ids %s', async (_, otherwise) => {
    const world = rosterWorld();
    const people = MARA + ANN + crowd(8).replaceAll(/^X/gm, '0003');
    await world.take(put(HEADER + people));
    const file = HEADER + people.replaceAll(/^\d+/gm, otherwise);
    await expect(world.take(put(file))).rejects.toThrow(/of whom it lacks 10/);
    expect(world.put).toEqual([]);
  });
});

describe('a file that turns over many people at once is broken, and is refused until a person accepts it', () => {
  const people = (changed: (row: string, index: number) => string = (row) => row) =>
    HEADER + crowd(30).trimEnd().split('\n').map(changed).join('\n');
  const gone = (count: number) =>
    people((row, index) => (index < count ? row.replace(',,Active', ',2026-02-20,Terminated') : row));
  const others = (row: string) => row.replace('No,Body,x', 'Some,Other,y');
  const lineEnd = '\n';

  it.each([
    [
      'whose hire and last days are swapped',
      people().replace('Hire Date,Termination Date', 'Termination Date,Hire Date'),
      /30 of 30 people leave, .* have another first day/,
    ],
    ['in which nobody is active', people().replaceAll('Active', 'Inactive'), /30 of 30 people have left/],
    ['of others under the same ids', people(others), /30 of 30 people have the names or the address/],
    [
      'whose addresses were sorted apart from the rest',
      people((row, index) => row.replace(/x\d+@/, `x${(index + 1) % 30}@`)),
      /30 of 30 people have the names or the address/,
    ],
  ])('%s', async (_, content, expected) => {
    const world = rosterWorld();
    await world.take(put(people() + lineEnd), { adopts: true });
    world.put.length = 0;
    await expect(world.take(put(content + lineEnd))).rejects.toThrow(expected);
    expect(world.put).toEqual([]);
  });

  it.each([
    ['swapped', 'First Name,Last Name', 'Last Name,First Name', /30 of 30 people have the names/],
    ['the addresses', 'Last Name,Work Email', 'Work Email,Last Name', /no lastName can be read/],
  ])('whose names are %s', async (_, columns, swapped, expected) => {
    const world = rosterWorld();
    await world.take(put(people() + lineEnd), { adopts: true });
    world.put.length = 0;
    await expect(world.take(put(people().replace(columns, swapped) + lineEnd))).rejects.toThrow(expected);
    expect(world.put).toEqual([]);
  });

  it('in which all leavers are back', async () => {
    const world = rosterWorld();
    await world.take(put(people() + lineEnd), { adopts: true });
    await world.take(put(gone(3) + lineEnd));
    world.put.length = 0;
    await expect(world.take(put(people() + lineEnd))).rejects.toThrow(
      /3 of 3 people do not leave or are back/,
    );
    expect(world.put).toEqual([]);
    // Two may well be terminations that were taken back.
    expect(shown(await world.take(put(gone(1) + lineEnd)))).toHaveLength(2);
  });

  it('many leavers are no reason: the gate holds them', async () => {
    const world = rosterWorld();
    await world.take(put(people() + lineEnd), { adopts: true });
    expect((await world.take(put(gone(29) + lineEnd))).events).toHaveLength(29);
  });

  it('a few leavers, a rehire and a move of everybody are what happens', async () => {
    const world = rosterWorld();
    await world.take(put(people() + lineEnd), { adopts: true });
    expect((await world.take(put(gone(5) + lineEnd))).events).toHaveLength(5);
    const rehired = people((row, index) => (index < 5 ? row.replace('2020-01-01', '2026-03-01') : row));
    expect((await world.take(put(rehired + lineEnd))).events).toHaveLength(5);
    const moved = rehired.replaceAll(',,,,', ',AE,Sales,,');
    expect((await world.take(put(moved + lineEnd))).events).toHaveLength(30);
  });

  it('that is cut off in the last cell, whose rest can be read', async () => {
    const world = rosterWorld();
    const header = 'Employee #,First Name,Last Name,Status,Termination Date\n';
    const ann = '00017,Ann,Lee,Active,';
    await world.take(put(`${header}${ann}2026-03-06\n`));
    await expect(world.take(put(header + ann))).rejects.toThrow(/row 2 has no line feed/);
  });
});

it('a file that is delivered after a later one takes nothing back', async () => {
  const world = rosterWorld();
  const left = HEADER + MARA + ANN.replace(',,Active', ',2026-03-02,Active');
  await world.take(put(HEADER + MARA + ANN), { writtenAt: '2026-03-01T04:00:00Z' });
  const late = { writtenAt: '2026-03-02T04:00:00Z' };
  await world.take(put(left), { writtenAt: '2026-03-03T04:00:00Z' });
  world.put.length = 0;
  await expect(world.take(put(HEADER + MARA + ANN), late)).rejects.toThrow(/was taken since/);
  expect(world.put).toEqual([]);
  const next = { writtenAt: '2026-03-03T04:00:01Z' };
  expect(shown(await world.take(put(HEADER + MARA + ANN), next))).toEqual(['termination.rescinded 00017']);
});

it('a file without last days whose statuses say something else does not say who leaves', async () => {
  const header = 'Employee #,First Name,Last Name,Status\n';
  for (const status of ['Aktiv', ''])
    await expect(rosterWorld().take(put(`${header}1,Ann,Lee,${status}\n`))).rejects.toThrow(
      /nothing says who leaves/,
    );
});

it('a cell that cannot be read is unknown, and the rest of the file is used', async () => {
  const world = rosterWorld();
  const petra = 'P1,Petra,Novak,p@northlight.example,,,,2019-01-01,2025-01-31,Terminated\n';
  await world.take(put(HEADER + MARA + ANN + petra));
  const odd = ANN.replace('2024-04-01,,Active', '2024-04-01,soon,Somewhere');
  const taken = await world.take(put(HEADER + MARA + odd + petra));
  expect(taken).toMatchObject({ events: [], unreadable: { lastDay: 1, status: 1 } });
  // Somebody who leaves may be behind it.
  const finding = { kind: 'leaving_unreadable', sourceId: '00017', employeeId: '00017' };
  expect(taken.findings).toMatchObject([{ ...finding, note: expect.stringContaining('lastDay and status') }]);
});

it('a status that says something else in every row is nobody’s question', async () => {
  const people = (HEADER + MARA + ANN)
    .replaceAll('Active', 'Full-time')
    .replaceAll(',,Full', ',2030-01-31,Full');
  expect(await rosterWorld().take(put(people))).toMatchObject({ unreadable: { status: 2 }, findings: [] });
});

it.each([
  ['2026-03-09', 'YYYY-MM-DD', '2026-03-09'],
  ['9.3.2026', 'D.M.YYYY', '2026-03-09'],
  ['03/09/2026', 'MM/DD/YYYY', '2026-03-09'],
  ['09/03/2026', 'DD/MM/YYYY', '2026-03-09'],
  ['2026-02-30', 'YYYY-MM-DD', undefined],
  ['13/09/2026', 'MM/DD/YYYY', undefined],
  ['3/9/2026', 'MM/DD/YYYY', undefined],
  ['2026-03-09T00:00', 'YYYY-MM-DD', undefined],
])('%s written as %s is %s', (text, written, expected) => {
  expect(dayOf(text, written)).toBe(expected);
});

describe('a company that shrinks by more than a tenth', () => {
  const small = HEADER + MARA + crowd(5);
  const digest = createHash('sha256').update(small).digest('hex');

  it('is taken by a person’s word for that one file, which is recorded', async () => {
    const world = rosterWorld();
    await world.take(put(HEADER + MARA + crowd(10)));
    const asked: string[] = [];
    const nobody: AcceptsFile = async (wanted) => {
      asked.push(wanted);
      return null;
    };
    await expect(world.take(put(small), { acceptedBy: nobody })).rejects.toThrow(`SHA-256 ${digest}`);
    expect(asked).toEqual([digest]);
    expect(await world.store.readState('roster')).toMatchObject({ count: 11 });

    const mara: AcceptsFile = async (wanted) => (wanted === digest ? 'Mara' : null);
    const taken = await world.take(put(small), { acceptedBy: mara });
    expect(taken).toMatchObject({ people: 6, accepted: { digest, by: 'Mara' } });
    expect(await world.store.readState('roster')).toMatchObject({
      ...{ count: 6, accepted: { digest, by: 'Mara' } },
    });
    // It says nothing of the next file.
    await expect(world.take(put(HEADER + MARA + crowd(1)), { acceptedBy: mara })).rejects.toThrow('SHA-256');
  });

  it('asks nobody about a file that is no smaller', async () => {
    const world = rosterWorld();
    await world.take(put(HEADER + MARA + crowd(10)));
    const acceptedBy: AcceptsFile = async () => {
      throw new Error('Nobody is to be asked.');
    };
    expect(await world.take(put(HEADER + MARA + crowd(9)), { acceptedBy })).toMatchObject({ accepted: null });
  });
});
