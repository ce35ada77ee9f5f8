import { DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { afterAll, beforeAll, expect, it } from 'vitest';
import * as z from 'zod/mini';
import { erase } from '../../functions/erasure/erase.ts';
import { fileStoreFromEnvironment, journalStoreFromEnvironment } from '../../functions/files/files.ts';
import { runSourcesFromEnvironment } from '../../functions/runs/run-sources.ts';
import { HrEvent } from '../../functions/shared/events.ts';
import { erasureStore } from '../../functions/tables/erasure-store.ts';
import { IDENTITY_TABLE } from '../../local/aws/tables.ts';
import { type Runtime, startRuntime } from '../../local/runtime/runtime.ts';
import { hire, hrEvent, newcomer, termination } from '../requests.ts';

const DAY_MS = 86_400_000;

let runtime: Runtime;
let client: DynamoDBClient;

beforeAll(async () => {
  runtime = await startRuntime({ delayScale: 0.0005 });
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
async function rowsWith(text: string): Promise<unknown[]> {
  const { Items = [] } = await client.send(new ScanCommand({ TableName: IDENTITY_TABLE }));
  return Items.map((item) => unmarshall(item)).filter((row) => JSON.stringify(row).includes(text));
}

it('forgets somebody who left more than 90 days ago, and a stale event still finds that they left', async () => {
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
