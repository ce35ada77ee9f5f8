import { afterAll, beforeAll, expect, it, vi } from 'vitest';
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

/** What a termination goes by when its moment comes, which was accepted under the manager Mara. */
const begin = (toldReassignTo: string | null) =>
  services.engine.invoke('WorkflowBegin', {
    workflow: 'offboarding',
    execution: 'leaves',
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
