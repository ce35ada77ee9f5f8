import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { checkPolicy } from '../../functions/hr/check-policy.ts';
import { decide } from '../../functions/hr/decide.ts';
import type { Policy } from '../../functions/hr/policy.ts';
import type { Worker } from '../../functions/hr/worker.ts';
import { APPS, type App } from '../../functions/shared/apps.ts';

const check = (text: string, apps: readonly App[] = APPS) => checkPolicy(text, 'policy.yaml', apps);
const policyOf = (text: string): Policy => {
  const { policy, problems } = check(text);
  if (policy === null) throw new Error(problems.join('\n'));
  return policy;
};
const TAIL = `
default: { apps: [] }
timeZones: { default: Europe/Berlin }
`;
const person = (facts: Partial<Worker>): Worker => ({ sourceId: '1', ...facts });

it('the sample policy is usable', () => {
  const text = readFileSync(new URL('../../policy.yaml', import.meta.url), 'utf8');
  expect(check(text).problems).toEqual([]);
});

it('the first rule that fits decides, whatever the case and the spaces', () => {
  const policy = policyOf(`
rules:
  - name: leads
    when: { department: Sales, title: '* lead' }
    apps: [{ app: pipedrive, role: Admin }]
  - name: sales
    when: { department: [Sales, Growth] }
    apps: [pipedrive]
default: { apps: [drata] }
timeZones: { default: Europe/Berlin }`);
  const appsOf = (facts: Partial<Worker>) => decide(policy, person(facts)).apps;
  expect(appsOf({ department: ' SALES ', title: 'Team  Lead' })).toEqual({
    from: 'leads',
    value: [{ app: 'pipedrive', role: 'Admin' }],
  });
  expect(appsOf({ department: 'Growth', title: 'Team Lead' }).from).toBe('sales');
  expect(appsOf({ department: 'Salesforce' }).from).toBe('default');
  expect(appsOf({}).from).toBe('default');
});

it('a pattern means its letters, and only the star is more', () => {
  const policy = policyOf(`
rules:
  - name: r and d
    when: { department: 'R.D (new)*' }
    apps: [drata]
${TAIL}`);
  const from = (department: string) => decide(policy, person({ department })).apps.from;
  expect(from('r.d (NEW) lab')).toBe('r and d');
  expect(from('RxD (new)')).toBe('default');
});

it('time zone, new owner, moment and scope follow from the facts', () => {
  const policy = policyOf(`
default: { apps: [] }
timeZones: { default: Europe/Berlin, locations: { New York: America/New_York } }
takeover: { departments: { Sales: mara@northlight.example } }
hires: { daysBefore: 3 }
leavers: { atOnce: ['*misconduct*'] }
outOfScope: [{ name: freelancers, employmentType: CONTRACTOR }]`);
  const decided = decide(
    policy,
    person({ department: 'sales', location: 'new york', terminationReason: 'Gross misconduct (theft)' }),
  );
  expect(decided).toMatchObject({
    timeZone: { value: 'America/New_York', from: 'timeZones.locations.New York' },
    takeover: { value: 'mara@northlight.example', from: 'takeover.departments.Sales' },
    daysBefore: 3,
    atOnce: '*misconduct*',
    outOfScope: null,
  });
  expect(decide(policy, person({ employmentType: 'Contract (1099)' })).outOfScope).toBe('freelancers');
  // Mara does not take over from herself.
  expect(
    decide(policy, person({ department: 'Sales', workEmail: 'Mara@northlight.example' })).takeover.value,
  ).toBe('manager');
});

it.each([
  [
    'an unknown app',
    `rules:\n  - name: sales\n    when: {}\n    apps: [hubspot]\n${TAIL}`,
    /^policy\.yaml:4: rule sales: apps\.0: must be one of pipedrive/,
  ],
  [
    'an impossible zone',
    'default: { apps: [] }\ntimeZones:\n  default: Europe/Berlin\n  locations:\n    Mars: Mars/Olympus\n',
    /^policy\.yaml:5: timeZones\.locations\.Mars: must be an IANA time zone/,
  ],
  [
    'a rule that an earlier one hides',
    `rules:\n  - name: all\n    apps: [drata]\n  - name: sales\n    when: { department: Sales }\n    apps: []\n${TAIL}`,
    /^policy\.yaml:4: rule sales: can never apply, because whoever fits it fits all before/,
  ],
  [
    'a rule that two earlier ones hide',
    `rules:\n  - { name: a, when: { department: Sales* }, apps: [] }\n  - { name: b, when: { department: Growth }, apps: [] }\n  - { name: c, when: { department: [growth, Sales Ops], title: Lead }, apps: [] }\n${TAIL}`,
    /^policy\.yaml:4: rule c: can never apply, because whoever fits it fits b and a before/,
  ],
  [
    'a rule for people who are out of scope',
    `rules:\n  - { name: board, when: { department: Board }, apps: [drata] }\noutOfScope: [{ department: Board }]\n${TAIL}`,
    /^policy\.yaml:2: rule board: can never apply, because whoever fits it fits outOfScope 1 before/,
  ],
  [
    'a word that means nothing',
    `rules:\n  - name: a\n    wen: {}\n    apps: []\n${TAIL}`,
    /^policy\.yaml:2: rule a: Unrecognized key/,
  ],
  [
    'two rules of one name',
    `rules:\n  - { name: a, when: { title: x }, apps: [] }\n  - { name: A, when: { title: y }, apps: [] }\n${TAIL}`,
    /^policy\.yaml:3: rule A: another rule has this name/,
  ],
  [
    'an app twice',
    `rules:\n  - { name: a, apps: [drata, drata] }\n${TAIL}`,
    /^policy\.yaml:2: rule a: apps: must not name an app twice/,
  ],
  [
    'a key twice',
    'default: { apps: [] }\ndefault: { apps: [] }\ntimeZones: { default: UTC }\n',
    /^policy\.yaml:2: Map keys must be unique/,
  ],
  ['no YAML', 'rules: [\n', /^policy\.yaml:\d+: /],
  ['nothing', '', /^policy\.yaml:1: /],
])('%s is named with its line and its rule', (_, text, expected) => {
  expect(check(text).problems.join('\n')).toMatch(expected);
});

it('a rule that is partly hidden can be reached', () => {
  expect(
    check(
      `rules:\n  - { name: a, when: { department: Sales }, apps: [] }\n  - { name: b, when: { department: [Sales, Growth] }, apps: [] }\n${TAIL}`,
    ).problems,
  ).toEqual([]);
});

it('an app that the company does not have is refused', () => {
  expect(check(`rules:\n  - { name: a, apps: [drift] }\n${TAIL}`, ['drata']).problems).toEqual([
    'policy.yaml:2: rule a: apps.0: the company does not have drift: drata',
  ]);
});
