import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Runtime, startRuntime } from '../../local/runtime/runtime.ts';
import { ANN, MARA } from '../../local/vendors/company.ts';
import { allSimulated, type VendorServers } from '../../local/vendors/start-vendors.ts';

const DEALS = 137;

let runtime: Runtime;
let vendors: VendorServers;

// Retries are as slow as in a deployment: a run that needs one for each refusal does not end in time.
beforeEach(async () => {
  runtime = await startRuntime({ delayScale: 1, onStepEnd: () => {} });
  vendors = allSimulated(runtime.vendors);
});
afterEach(() => runtime.close());

it('a 429 at every fifth call, over in a second, delays a hand-over by the refusals and no more', async () => {
  const { pipedrive: server } = vendors;
  const { users, deals } = server.state;
  const ann = users.find(({ email }) => email === ANN.email) ?? expect.fail('Ann is not seeded.');
  const [deal = expect.fail('There are no deals.')] = deals;
  server.state.deals = Array.from({ length: DEALS }, (_, index) => ({
    ...deal,
    id: 5_000 + index,
    user_id: ann.id,
    status: 'open',
  }));
  server.inject({ every: 5, status: 429, headers: { 'retry-after': '1' } });
  const report = await runtime.play({
    id: randomUUID(),
    source: 'hr',
    time: '2025-03-03T08:00:00Z',
    'detail-type': 'employee.terminated',
    detail: {
      employee: { employeeId: ANN.employeeId, email: ANN.email },
      lastWorkingDay: '2025-03-14',
      timeZone: 'Europe/Berlin',
      when: 'now',
      reassignTo: MARA.email,
      apps: [{ app: 'pipedrive' }],
    },
  });
  expect(report.status).toBe('complete');
  expect(report.apps[0]?.changes).toContainEqual(
    expect.objectContaining({ what: 'open deals reassigned', moved: DEALS, remaining: 0 }),
  );
  const { journal } = server;
  const refused = journal.filter(({ status }) => status === 429).length;
  // Each refusal costs one more call, and no call is made again for another reason.
  expect(refused).toBe(Math.floor(journal.length / 5));
  expect(journal.length - refused).toBeLessThan(DEALS + 40);
}, 300_000);
