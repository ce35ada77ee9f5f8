import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text as readText } from 'node:stream/consumers';
import { DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { afterAll, beforeAll, expect, it } from 'vitest';
import * as z from 'zod/mini';
import { erase } from '../../functions/erasure/erase.ts';
import { fileStoreFromEnvironment, journalStoreFromEnvironment } from '../../functions/files/files.ts';
import { FILE_FOLDERS } from '../../functions/files/folders.ts';
import { runSourcesFromEnvironment } from '../../functions/runs/run-sources.ts';
import { HrEvent } from '../../functions/shared/events.ts';
import { erasureStore } from '../../functions/tables/erasure-store.ts';
import { IDENTITY_TABLE } from '../../local/aws/tables.ts';
import { type Runtime, startRuntime } from '../../local/runtime/runtime.ts';
import type { Person } from '../../local/vendors/company.ts';
import { hire, hrEvent, newcomer, termination } from '../requests.ts';
import { formsOfRows, hasForm, textOf, writableKinds } from './forms.ts';
import { seedRows } from './seeds.ts';

const DAY_MS = 86_400_000;

const filesDirectory = mkdtempSync(join(tmpdir(), 'tenure-erase-'));
let runtime: Runtime;
let client: DynamoDBClient;

beforeAll(async () => {
  runtime = await startRuntime({ delayScale: 0.0005, filesDirectory });
  client = new DynamoDBClient({});
});
afterAll(async () => {
  client.destroy();
  await runtime.close();
});

const play = (kind: HrEvent['detail-type'], detail: object) =>
  runtime.play(z.parse(HrEvent, hrEvent(kind, detail)));
const eraseAfter = async (days: number, employeeId: string, isOver = () => false) => {
  const { erased } = await erase(
    {
      ...runSourcesFromEnvironment(),
      store: runtime.store,
      erasures: erasureStore(IDENTITY_TABLE),
      files: [fileStoreFromEnvironment(), journalStoreFromEnvironment()],
      now: () => Date.now() + days * DAY_MS,
      isOver,
    },
    employeeId,
  );
  return erased;
};

/** All rows of the identity table that hold a text. */
async function rowsWith(text: string): Promise<Key[]> {
  const { Items = [] } = await client.send(new ScanCommand({ TableName: IDENTITY_TABLE }));
  return Items.map((item) => z.parse(Row, unmarshall(item))).filter((row) => textOf(row).includes(text));
}

it('forgets somebody who left more than 90 days ago, and a stale event still finds that they left', {
  tags: 'slow',
}, async () => {
  const person = { ...newcomer(), lastName: 'Unmistakable', email: 'unmistakable.one@northlight.example' };
  const stale = hrEvent('employee.hired', hire(person));
  await runtime.play(z.parse(HrEvent, stale));
  await play('employee.updated', {
    employee: { employeeId: person.employeeId, lastName: 'Unmistakable-Two' },
  });
  await play('employee.hired', hire({ ...newcomer(), managerEmail: person.email } as typeof person));
  const leaves = { ...hrEvent('employee.terminated', termination(person)), time: '2025-03-04T08:00:00Z' };
  expect(await runtime.play(z.parse(HrEvent, leaves))).toMatchObject({ status: 'complete' });
  expect((await rowsWith('nmistakable')).length).toBeGreaterThan(3);

  await expect(eraseAfter(89, person.employeeId)).rejects.toMatchObject({ reason: 'conflict' });
  const erased = await eraseAfter(91, person.employeeId);
  expect(erased).toEqual({
    employeeId: person.employeeId,
    leftAt: expect.stringMatching(/^\d{4}-/),
    erasedAt: expect.stringMatching(/^\d{4}-/),
  });
  expect(await rowsWith('nmistakable')).toEqual([]);
  expect(await runtime.store.findByAddress(person.email)).toEqual([]);
  expect(await eraseAfter(200, person.employeeId)).toEqual(erased);

  const late = { ...stale, id: 'another-id', time: '2025-03-02T08:00:00Z' };
  expect(await runtime.put(late)).toMatchObject({ status: 'superseded' });
});

it('leaves of a person, in every row and file that can be written, ids and dates only', {
  tags: 'slow',
}, async () => {
  const person = { ...newcomer(), lastName: 'Unmistakable', email: 'unmistakable.three@northlight.example' };
  const other = newcomer();
  await play('employee.hired', hire(person));
  await play('employee.hired', hire({ ...other, managerEmail: person.email } as Person));
  await play('employee.terminated', termination(other, { reassignTo: person.email }));
  const leaves = { ...hrEvent('employee.terminated', termination(person)), time: '2025-03-04T08:00:00Z' };
  await runtime.play(z.parse(HrEvent, leaves));
  await seedRows(client, person, other);
  const store = fileStoreFromEnvironment();
  for (const [folder, ending] of FILE_FOLDERS.flatMap((one) =>
    Object.keys(FILES).map((two) => [one, two] as const),
  ))
    await store.write(`${folder}/seeded.${ending}`, [FILES[ending]?.(person, other) ?? '']);
  // Whoever adds a form of rows describes it above the code, and seeds it here.
  const written = await rowsWith('');
  const forms = formsOfRows();
  expect(written.filter((row) => !forms.some((form) => hasForm(row, form)))).toEqual([]);
  const unwritten = forms.filter((form) => !written.some((row) => hasForm(row, form)));
  expect(unwritten.filter((form) => !form.startsWith('EMPLOYEE#<id> ERAS'))).toEqual([]);
  expect(new Set(forms.map((form) => form.replace(/#.*/, '')))).toEqual(new Set(writableKinds()));

  const others = (rows: readonly Key[]) =>
    rows
      .filter((row) => textOf(row).includes(other.employeeId))
      .map(({ pk, sk }) => `${pk} ${sk}`)
      .sort();
  await eraseAfter(91, person.employeeId);
  expect(await rowsWith('nmistakable')).toEqual([]);
  const stub = await rowsWith(person.employeeId);
  expect(stub.filter(({ pk, sk }) => !STUB.test(`${pk} ${sk}`))).toEqual([]);
  expect(others(await rowsWith(''))).toEqual(others(written));
  for (const folder of FILE_FOLDERS)
    for await (const name of store.list(folder)) {
      const text = await readText(await store.read(name));
      expect([name, /nmistakable/.test(text), text.includes(person.employeeId)]).toEqual([
        name,
        false,
        false,
      ]);
      if (!name.endsWith('.bin')) expect([name, text.includes(other.employeeId)]).toEqual([name, true]);
    }
});

const Row = z.looseObject({ pk: z.string(), sk: z.string() });
type Key = z.infer<typeof Row>;

/** A file of each form: a row of the person, and one of somebody else that names them; without a form, only theirs. */
const FILES: Record<string, (person: Person, other: Person) => string> = {
  csv: (person, other) =>
    `employeeId,email,note\n${person.employeeId},x@y.example,a\n${other.employeeId},${other.email},of ${person.email}\n`,
  json: (person, other) =>
    JSON.stringify([
      { employeeId: person.employeeId },
      { employeeId: other.employeeId, note: `of ${person.email}` },
    ]),
  jsonl: (person, other) =>
    `${JSON.stringify({ id: person.employeeId })}\n${JSON.stringify({ id: other.employeeId, note: `of ${person.email}` })}\n`,
  txt: (person, other) => `${other.employeeId}: ask ${person.firstName} ${person.lastName}\n`,
  bin: ({ email }) => `of ${email}`,
};

// The gate counts who was let through in the last 7 days.
const STUB = /^(EMPLOYEE#\S+ (ERASED|ORDER|EVENT#\w+)|ACCOUNT#\S+ OWNER|GATE#offboarding COUNT)$/;

it('is refused for who works here, has an open login, or is not known', async () => {
  const person = newcomer();
  await play('employee.hired', hire(person));
  await expect(eraseAfter(400, person.employeeId)).rejects.toMatchObject({
    reason: 'conflict',
    message: expect.stringContaining('works here'),
  });
  runtime.vendors.driftwood?.inject({ path: /users-set-active/, status: 400 });
  await play('employee.terminated', termination(person));
  runtime.vendors.driftwood?.heal();
  await expect(eraseAfter(400, person.employeeId)).rejects.toMatchObject({
    reason: 'conflict',
    message: expect.stringContaining('not known to be shut'),
  });
  await expect(eraseAfter(400, 'E-nobody')).rejects.toMatchObject({ reason: 'unknown' });
});
