import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { DynamoDBClient, paginateScan } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { beforeAll, expect, it } from 'vitest';
import { COORDINATION_TABLE, IDENTITY_TABLE, startTables } from '../../local/aws/tables.ts';
import { ANN, MARA, TOMAS } from '../../local/vendors/company.ts';
import { textOf } from '../erasure/forms.ts';
import { runCommand } from '../local/command-line.ts';
import { hire, hrEvent, newcomer, termination } from '../requests.ts';

// Ann goes through everything that writes something down; then she is erased, and every row and every file is read.

let folder: string;
let state: string;
const REPORT = newcomer();

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tenure-forgotten-'));
  state = join(folder, 'state');
});

const file = (name: string, content: string | object) => {
  const path = join(folder, name);
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content), { mode: 0o600 });
  return path;
};
const command = async (...words: string[]) => {
  const ended = await runCommand([...words, '--state', state, '--json']);
  expect(ended.code, `${words.join(' ')}\n${ended.stdout}${ended.stderr}`).toBeLessThan(2);
  return ended;
};
const play = (name: string, kind: Parameters<typeof hrEvent>[0], detail: object) =>
  command('run', file(`${name}.json`, hrEvent(kind, detail)), '--fast');

const ROSTER_HEADER =
  'Employee #,First Name,Last Name,Work Email,Department,Hire Date,Termination Date,Status,Manager Email\n';
const rosterRow = (person: typeof ANN, manager = '', ends = ',Active') =>
  `${person.employeeId},${person.firstName},${person.lastName},${person.email},Sales,2020-01-01,${ends},${manager}\n`;

const SEARCHED = [ANN.email, `${ANN.firstName} ${ANN.lastName}`];
const mentions = (text: string) => SEARCHED.filter((one) => isIn(text, one));
/** Joann Lee's name and address hold Ann's. */
const isIn = (text: string, one: string) =>
  new RegExp(`(?<![a-z.])${one.replaceAll('.', '\\.')}`, 'i').test(text);

type Found = { where: string; text: string };

/** All rows of all tables, and all files that are not the simulated apps' own. */
async function everything(): Promise<Found[]> {
  const tables = await startTables('key', join(state, 'tables'));
  const credentials = { accessKeyId: 'key', secretAccessKey: 'local' };
  const client = new DynamoDBClient({ endpoint: tables.url, region: 'local', credentials });
  const found: Found[] = [];
  for (const TableName of [IDENTITY_TABLE, COORDINATION_TABLE])
    for await (const { Items = [] } of paginateScan({ client }, { TableName }))
      for (const item of Items) {
        const row = unmarshall(item);
        found.push({ where: `${row.pk} ${row.sk}`, text: textOf(row) });
      }
  client.destroy();
  await tables.close();
  for (const entry of readdirSync(state, { recursive: true, withFileTypes: true })) {
    const path = relative(state, join(entry.parentPath, entry.name));
    const isApps =
      /^(vendors|tables)\//.test(path) || /^(drata|drift|driftwood|pipedrive|salesloft)\.json$/.test(path);
    if (entry.isFile() && !isApps) found.push({ where: path, text: readFileSync(join(state, path), 'utf8') });
  }
  return found;
}

it('nothing but ids and dates is left of a person in any row of any table and in any file', async () => {
  const policy = file(
    'policy.yaml',
    'rules: [{ name: sales, when: { department: Sales }, apps: [driftwood] }]\ndefault: { apps: [] }\ntimeZones: { default: Europe/Berlin }\n',
  );
  const people = 'employeeId,email,firstName,lastName,managerEmail\n';
  const person = ({ employeeId, email, firstName, lastName }: typeof ANN, manager: string) =>
    `${employeeId},${email},${firstName},${lastName},${manager}\n`;
  await command('import', file('people.csv', people + person(ANN, MARA.email) + person(TOMAS, ANN.email)));
  const roster = (ends: string) =>
    file(
      'roster.csv',
      ROSTER_HEADER + rosterRow(MARA) + rosterRow(TOMAS, ANN.email) + rosterRow(ANN, MARA.email, ends),
    );
  await command('roster', roster(',Active'), '--policy', policy);
  await command(
    'contact-sync',
    file('contacts.csv', `crmId,email\nC-1,${ANN.email}\nC-2,somebody@else.example\n`),
  );
  await play('report', 'employee.hired', hire({ ...REPORT, managerEmail: ANN.email } as typeof REPORT));
  await play('update', 'employee.updated', {
    employee: { employeeId: ANN.employeeId, title: 'Account Director' },
  });
  await play(
    'colleague',
    'employee.terminated',
    termination(TOMAS, { apps: [{ app: 'pipedrive' }, { app: 'drift' }], reassignTo: ANN.email }),
  );
  await command('reconcile');
  await command('compliance-sync');
  await play('leaves', 'employee.terminated', { ...termination(ANN), apps: undefined });
  await command('roster', roster('2025-03-14,Terminated'), '--policy', policy);
  await command('reconcile');
  await command('compliance-sync');

  const before = await everything();
  const named = before.filter(({ text }) => mentions(text).length > 0).map(({ where }) => where);
  for (const kind of KINDS)
    expect(
      named.filter((where) => kind.test(where)),
      `${kind}`,
    ).not.toEqual([]);

  const erased = await command('erase', ANN.employeeId, '--after-days', '0');
  expect(erased).toMatchObject({ code: 0 });
  const after = await everything();
  expect(after.filter(({ text }) => mentions(text).length > 0)).toEqual([]);
  // Her id is in what stays of her, and nowhere else.
  const stub = after
    .filter(({ text }) => new RegExp(`\\b${ANN.employeeId}\\b`).test(text))
    .map(({ where }) => where);
  expect(stub.filter((where) => !STUB.test(where))).toEqual([]);
  // Others are as they were.
  const others = (all: readonly Found[]) =>
    all.filter(({ where }) => where.startsWith('EMPLOYEE#') && !where.includes(ANN.employeeId)).length;
  expect(others(after)).toBe(others(before));
  expect(await runCommand(['runs', '--state', state])).toMatchObject({ code: 0 });
  await command('reconcile');
}, 240_000);

/** Where a person is named while they are known; the test is to fail when it does not reach one of these. */
const KINDS = [
  /^EMPLOYEE#E-1003 PROFILE/,
  /^EMPLOYEE#E-1003 ACCOUNT#/,
  /^EMPLOYEE#E-1003 RUN#/,
  /^EMPLOYEE#E-7.* PROFILE/,
  /^ROSTER#.* E-1003/,
  /^ROSTER#.* E-1005/,
  /^WORKER#roster E-1003/,
  /^WORKER#roster E-1005/,
  /^COMPLIANCE#drata/,
  /^files\/compliance\//,
  /^files\/contacts\//,
  /^files\/people\//,
  /^files\/people-import\//,
];
// The gate counts who was let through in the last 7 days.
const STUB = /^(EMPLOYEE#E-1003 (ERASED|ORDER|EVENT#)|ACCOUNT#.* OWNER|GATE#offboarding COUNT)/;
