import type { Hono } from 'hono';
import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { Employee } from '../../functions/api/schemas.ts';
import { Outcome, pendingOutcome } from '../../functions/shared/outcome.ts';
import type { Workflow } from '../../functions/shared/workflow.ts';
import { acceptanceStore } from '../../functions/tables/acceptance-store.ts';
import { diagnosisStore } from '../../functions/tables/diagnosis-store.ts';
import { findingStore } from '../../functions/tables/finding-store.ts';
import { graphStore } from '../../functions/tables/graph-store.ts';
import { holdStore } from '../../functions/tables/hold-store.ts';
import { type IdentityStore, identityStore } from '../../functions/tables/identity-store.ts';
import { rosterStore } from '../../functions/tables/roster-store.ts';
import { IDENTITY_TABLE } from '../../local/aws/tables.ts';
import { type Services, startServices } from '../../local/runtime/services.ts';
import { ANN } from '../../local/vendors/company.ts';
import { noPlans } from '../no-plans.ts';

vi.hoisted(() => {
  process.env.POWERTOOLS_LOG_LEVEL = 'SILENT';
});

const { employeeId, firstName, lastName } = ANN;
const NEW_ADDRESS = 'ann.dumont@northlight.example';

let services: Services;
let store: IdentityStore;
let api: Hono;

beforeAll(async () => {
  services = await startServices({});
  const { createApp } = await import('../../functions/api/app.ts');
  const { runSourcesFromEnvironment } = await import('../../functions/runs/run-sources.ts');
  store = identityStore(IDENTITY_TABLE);
  api = createApp({
    ...runSourcesFromEnvironment(),
    store,
    roster: rosterStore(IDENTITY_TABLE),
    graph: graphStore(IDENTITY_TABLE),
    holds: holdStore(IDENTITY_TABLE),
    plans: noPlans(),
    diagnoses: diagnosisStore(IDENTITY_TABLE),
    findings: findingStore(IDENTITY_TABLE),
    acceptances: acceptanceStore(IDENTITY_TABLE),
  });
});
afterAll(() => services.close());

beforeEach(async () => {
  const nothing = { title: null, department: null, managerEmail: null, timeZone: null };
  await store.writeProfile(employeeId, {
    ...nothing,
    ...{ email: NEW_ADDRESS, firstName, lastName, startDate: '2025-01-01' },
  });
});

/** Finds Ann's account in Pipedrive, where she has the address that she had before, and records what a run did then. */
async function record(workflow: Workflow, done: Partial<Outcome> = {}): Promise<void> {
  const person = {
    workflow,
    employeeId,
    previousEmployeeIds: [],
    name: { firstName, lastName },
    email: NEW_ADDRESS,
    profileEmail: NEW_ADDRESS,
    earlierAddresses: [ANN.email],
    contradictedBy: null,
  };
  const item = { app: 'pipedrive', vendorUserId: null, person, outcome: pendingOutcome() };
  const outcome = Outcome.parse(await services.engine.invoke('PipedriveFindUser', item));
  await services.engine.invoke('WorkflowRecordAccounts', {
    workflow,
    execution: 'run',
    employee: { employeeId, email: NEW_ADDRESS },
    results: [{ app: 'pipedrive', outcome: { ...outcome, ...done } }],
  });
}

async function differencesIn(app: string): Promise<Employee['differences']> {
  const answer = await api.request(`/employees/${employeeId}`);
  return Employee.parse(await answer.json()).differences.filter((one) => one.app === app);
}

it('shows the address that an app has and HR does not want', async () => {
  await record('update', { followUps: ['Change the address by hand.'] });
  expect(await differencesIn('pipedrive')).toEqual([
    { app: 'pipedrive', field: 'email', wanted: NEW_ADDRESS, shown: ANN.email },
  ]);
});

it('shows nothing once the address is written', async () => {
  await record('update', { status: 'changed', changes: [{ what: 'address changed' }] });
  expect(await differencesIn('pipedrive')).toEqual([]);
});

it('shows each fact that differs, by its field', async () => {
  await store.writeProfile(employeeId, {
    ...{ email: ANN.email, firstName, lastName: 'Dumont', startDate: '2025-01-01' },
    ...{ title: 'Chief', department: 'Board', managerEmail: null, timeZone: null },
  });
  const shown = { email: ANN.email, name: `${firstName} ${lastName}`, title: 'Agent', department: null };
  await store.writeAccount(employeeId, {
    ...{ app: 'drata', vendorUserId: 'p1', email: ANN.email, shown, status: 'active', role: null },
    ...{ verifiedAt: '2026-01-01T00:00:00.000Z', execution: 'run' },
  });
  expect(await differencesIn('drata')).toEqual([
    { app: 'drata', field: 'name', wanted: `${firstName} Dumont`, shown: `${firstName} ${lastName}` },
    { app: 'drata', field: 'title', wanted: 'Chief', shown: 'Agent' },
  ]);
});

it('keeps of what an app showed only what could not be written', async () => {
  await store.writeProfile(employeeId, {
    ...{ email: NEW_ADDRESS, firstName, lastName: 'Dumont', startDate: '2025-01-01' },
    ...{ title: null, department: null, managerEmail: null, timeZone: null },
  });
  await record('update', {
    ...{ status: 'changed', changes: [{ what: 'address changed' }] },
    followUps: ['Change the name of Pipedrive user 1 by hand.'],
    unwritten: ['name'],
  });
  expect(await differencesIn('pipedrive')).toEqual([
    { app: 'pipedrive', field: 'name', wanted: `${firstName} Dumont`, shown: `${firstName} ${lastName}` },
  ]);
});

it('wants nothing of an account that is shut', async () => {
  await record('offboarding', { status: 'changed', changes: [{ what: 'user deactivated', login: 'shut' }] });
  expect(await differencesIn('pipedrive')).toEqual([]);
});

it('takes another spelling of the address for the same', async () => {
  await record('update');
  await store.writeProfile(employeeId, {
    ...{ firstName, lastName, startDate: '2025-01-01', email: ANN.email.toUpperCase() },
    ...{ title: null, department: null, managerEmail: null, timeZone: null },
  });
  expect(await differencesIn('pipedrive')).toEqual([]);
});
