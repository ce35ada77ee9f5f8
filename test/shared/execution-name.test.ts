import { beforeAll, describe, expect, it } from 'vitest';
import { ExecutionName } from '../../functions/shared/execution-name.ts';
import { logger } from '../../functions/shared/logger.ts';
import { loadStateMachine, type StateMachineName, stepFile } from '../../state-machines/load.ts';
import { LAMBDA_CONTEXT } from '../lambda-context.ts';

beforeAll(() => logger.setLogLevel('SILENT'));

it.each(['nightly', '2026-11-20_crm.x', 'a8e4'])('%s is one', (name) => {
  expect(ExecutionName.safeParse(name).success).toBe(true);
});
it.each(['crm@night', 'a/b', '.hidden', 'a+b', ''])('"%s" is none', (name) => {
  expect(ExecutionName.safeParse(name).success).toBe(false);
});

describe.each(['reconciliation', 'contact-sync'] satisfies StateMachineName[])('%s', (machine) => {
  it('begins by refusing a name that its files cannot have', async () => {
    const { handler } = await import(stepFile(loadStateMachine(machine).StartAt));
    const event = { input: { file: 'contacts/x.csv' }, run: 'crm@night', startedAt: '2026-11-20T09:00:00Z' };
    await expect(handler(event, LAMBDA_CONTEXT)).rejects.toMatchObject({
      name: 'InvalidInputError',
      message: expect.stringContaining('run: must be made of'),
    });
  });
});
