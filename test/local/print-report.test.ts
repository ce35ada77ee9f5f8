import { expect, it } from 'vitest';
import type { AppReport, Report } from '../../functions/shared/report.ts';
import { followUpList, reportTable } from '../../local/commands/print-report.ts';

const app = (changes: Partial<AppReport>): AppReport => ({
  ...{ app: 'pipedrive', status: 'shut', vendorUserId: '3', steps: [], changes: [], followUps: [] },
  ...changes,
});
const report = (...apps: AppReport[]): Report => ({
  ...{ workflow: 'offboarding', employeeId: 'E-1', email: 'ann@acme.example', status: 'partial', apps },
});
const left = (what: string) => `${what}: 2 of 4 are still the leaver's; a follow-up names them.`;

it('lists as many follow-ups as it counts, and no reason that one of them says already', () => {
  const partial = report(
    app({
      followUps: [
        'Give the 2 open deals to somebody else.',
        'Urgent: name a new owner. Pipedrive has no such user. 0 of 4 contacts have been moved.',
      ],
      error: {
        name: 'InvalidInputError',
        message: `Pipedrive has no such user. 0 of 4 contacts have been moved. ${left('open deals')}`,
      },
    }),
    app({
      app: 'drift',
      followUps: ['Give the 2 contacts to somebody else.'],
      error: { name: 'RecordsLeftError', message: left('contacts') },
    }),
  );
  expect(reportTable(partial)[0]).toContain('3 follow-ups');
  expect(followUpList([partial])).toEqual([
    'Open follow-ups:',
    '  - ann@acme.example, Pipedrive: Give the 2 open deals to somebody else.',
    '  - ann@acme.example, Pipedrive: Urgent: name a new owner. Pipedrive has no such user. 0 of 4 contacts have been moved.',
    '  - ann@acme.example, Drift: Give the 2 contacts to somebody else.',
  ]);
});

it('says what failed apart from the follow-ups', () => {
  const error = { name: 'VendorUnavailableError', message: 'Drift gave no answer. Try again.' };
  const failed = app({ app: 'drift', status: 'failed', error });
  const asked = app({ followUps: ['Give the 2 open deals to somebody else.'] });
  const what = [
    'What failed:',
    '  - ann@acme.example, Drift: VendorUnavailableError: Drift gave no answer. Try again.',
  ];
  expect(followUpList([report(failed)])).toEqual(what);
  expect(followUpList([report(failed, asked)])).toEqual([
    ...what,
    '',
    'Open follow-ups:',
    '  - ann@acme.example, Pipedrive: Give the 2 open deals to somebody else.',
  ]);
  expect(followUpList([])).toEqual(['Open follow-ups: none']);
});
