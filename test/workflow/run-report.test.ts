import { expect, it } from 'vitest';
import { asking } from '../../functions/shared/asks.ts';
import { reachedApps } from '../../functions/workflow/run-report.ts';

const NO_USER = "Pipedrive has no user with the new owner's address. Name somebody who has one.";
const failure = (left: string) => ({ Error: 'InvalidInputError', Cause: `${NO_USER} ${left}` });
const result = {
  app: 'pipedrive' as const,
  outcome: {
    ...{ status: 'changed' as const, account: { vendorUserId: '5' }, others: [], steps: [], held: [] },
    ...{ changes: [{ what: 'user deactivated', login: 'shut' as const }] },
    ...{ followUps: [], asks: {}, unwritten: [] },
  },
  failures: {
    PipedriveReassignDeals: failure('0 of 2 open deals have been moved, the others have not.'),
    PipedriveReassignActivities: failure('0 of 3 open activities have been moved, the others have not.'),
    PipedriveReassignContacts: failure('0 of 4 contacts have been moved, the others have not.'),
  },
};
const reported = (toldReassignTo: string | null, given: typeof result = result) =>
  reachedApps({
    ...{ earlier: [], recorded: { results: [given] }, handedOver: [given] },
    ...{ reassignTo: 'nobody@northlight.example', toldReassignTo },
  })[0];

it.each([
  ['nobody@northlight.example', 'The new owner is whom the event names in reassignTo.'],
  [null, 'The new owner is the manager known from the hire.'],
])('says once why nobody can take over, and where the new owner comes from, of %j', (told, source) => {
  const { status, error, followUps = [], asks } = reported(told) ?? {};
  expect(status).toBe('shut');
  expect(followUps).toHaveLength(1);
  expect(asks).toEqual(asking('event', followUps).asks);
  for (const text of [error?.message ?? '', followUps[0] ?? '']) {
    expect(text.split(NO_USER)).toHaveLength(2);
    expect(text.split(source)).toHaveLength(2);
    expect(text).toContain('0 of 2 open deals');
    expect(text).toContain('0 of 4 contacts');
  }
  expect(followUps[0]).toContain(error?.message);
});

it.each([
  ['VendorUnavailableError', 'when the app answers again'],
  ['VendorAuthError', 'when that is mended'],
  ['VendorRejectedError', 'when that is mended'],
  ['VendorDailyLimitError', 'when the daily request budget is new'],
])(
  'has a follow-up for records that stayed because of a %s, as nobody else hands them over',
  (name, when) => {
    const failures = {
      ...result.failures,
      PipedriveReassignDeals: { Error: name, Cause: 'It failed. 6 of 9 left.' },
    };
    const { status, followUps = [] } = reported(null, { ...result, failures }) ?? {};
    expect(status).toBe('shut');
    expect(followUps).toContainEqual(
      `Send the termination again ${when}, to hand over the rest of the leaver's records in Pipedrive. It failed. 6 of 9 left.`,
    );
  },
);
