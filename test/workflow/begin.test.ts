import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { APP_DESCRIPTIONS } from '../../functions/app-descriptions.ts';
import { APPS } from '../../functions/shared/apps.ts';
import { pendingOutcome } from '../../functions/shared/outcome.ts';
import { type IdentityStore, identityStore } from '../../functions/tables/identity-store.ts';
import { orderStore } from '../../functions/tables/order-store.ts';
import { IDENTITY_TABLE } from '../../local/aws/tables.ts';
import { type Services, startServices } from '../../local/runtime/services.ts';
import { ANN, MARA } from '../../local/vendors/company.ts';

vi.hoisted(() => {
  process.env.POWERTOOLS_LOG_LEVEL = 'SILENT';
});

let services: Services;
let store: IdentityStore;

beforeAll(async () => {
  services = await startServices({});
  store = identityStore(IDENTITY_TABLE);
  const order = orderStore(IDENTITY_TABLE);
  const placed = await order.read(employeeId);
  await order.replace(employeeId, placed, {
    ...placed,
    last: {
      ...{ eventId: 'left', position: { sequence: null, time: '2026-01-01T00:00:00.000Z' }, request: 'left' },
      ...{ run: { workflow: 'offboarding', name: 'leaves' }, rescinds: null },
    },
  });
});
afterAll(() => services.close());

const { employeeId, firstName, lastName, email } = ANN;

async function managedBy(managerEmail: string): Promise<void> {
  const nothing = { title: null, department: null, timeZone: null };
  const profile = { firstName, lastName, email, startDate: '2025-01-01', managerEmail };
  await store.writeProfile(employeeId, { ...nothing, ...profile });
}

/** What the states of an app's chain give their step, in an execution that was redriven so often. */
const goOn = (step: string, redriven: { RedriveCount: number; redrives?: number }) =>
  services.engine
    .invoke(step, {
      ...{ workflow: 'offboarding', app: 'pipedrive', employee: { employeeId, email } },
      ...{
        outcome: pendingOutcome(),
        reassignTo: null,
        execution: 'leaves',
        startedAt: '2026-01-01T00:00:00.000Z',
      },
      ...redriven,
    })
    .catch(({ name }: Error) => name);

describe('a redrive that begins in an app’s chain', () => {
  const PHASES = ['provision', 'update', 'shut', 'handOver'];
  const steps = APPS.flatMap((app) =>
    Object.entries(APP_DESCRIPTIONS[app].phases).flatMap(([phase, chain]) =>
      PHASES.includes(phase) ? [chain].flat() : [],
    ),
  ).flatMap((link) => (typeof link === 'string' ? [link] : [link.found, link.notFound]));

  it.each([...new Set(steps)])('is refused by %s', async (step) => {
    expect(await goOn(step, { RedriveCount: 1, redrives: 0 })).toBe('RedrivenError');
    expect(await goOn(step, { RedriveCount: 2, redrives: 1 })).toBe('RedrivenError');
    expect(Object.values(services.vendors).flatMap(({ journal }) => journal)).toEqual([]);
  });

  it('goes on where the run has looked since whether it is current', async () => {
    expect(await begin(null, 3)).toMatchObject({ redrives: 3 });
    expect(await goOn('PipedriveDeactivateUser', { RedriveCount: 3, redrives: 3 })).not.toBe('RedrivenError');
  });

  it('goes on in an execution from before it was told', async () => {
    expect(await goOn('PipedriveDeactivateUser', { RedriveCount: 1 })).not.toBe('RedrivenError');
  });
});

/** What a termination goes by when its moment comes, which was accepted under the manager Mara. */
const begin = (toldReassignTo: string | null, redrives = 0) =>
  services.engine.invoke('WorkflowBegin', {
    ...{ workflow: 'offboarding', execution: 'leaves', redrives },
    run: {
      ...{ employee: { employeeId, email }, rescinds: false, apps: [{ app: 'pipedrive' }] },
      ...{ reassignTo: toldReassignTo ?? MARA.email, toldReassignTo },
    },
  });

it('hands over to the manager of the moment', async () => {
  await managedBy('new.manager@northlight.example');
  expect(await begin(null)).toMatchObject({ reassignTo: 'new.manager@northlight.example' });
});

it('hands over to whom the event names, whoever the manager is', async () => {
  await managedBy('new.manager@northlight.example');
  expect(await begin(MARA.email)).toMatchObject({ reassignTo: MARA.email });
});

it('hands over to nobody where the leaver has become their own manager', async () => {
  await managedBy(email.toUpperCase());
  expect(await begin(null)).toMatchObject({ reassignTo: null });
});
