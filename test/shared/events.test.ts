import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { APPS } from '../../functions/shared/apps.ts';
import { InvalidInputError } from '../../functions/shared/errors.ts';
import {
  HiredDetail,
  HrEvent,
  momentOf,
  offboardingMoment,
  onboardingMoment,
  TerminatedDetail,
} from '../../functions/shared/events.ts';

const employee = {
  employeeId: 'E-1006',
  email: 'zoe.muller+crm@northlight.example',
  firstName: 'Zoë',
  lastName: 'Müller-Østergaard',
  startDate: '2026-12-01',
};
const hired = { employee, apps: [{ app: 'pipedrive', role: 'Account Executive' }] };
const terminated = {
  employee: { employeeId: 'E-1003', email: 'ann.lee@northlight.example' },
  lastWorkingDay: '2026-11-30',
  timeZone: 'Europe/Berlin',
  when: 'endOfLastWorkingDay',
  reassignTo: 'mara.lindqvist@northlight.example',
};
const envelope = (type: string, detail: unknown) => ({
  version: '0',
  id: '6a7e8feb-b491-4cf7-a9f1-bf3703467718',
  'detail-type': type,
  source: 'hr',
  account: '111122223333',
  time: '2026-11-20T09:00:00Z',
  region: 'eu-central-1',
  resources: [],
  detail,
});

/** The fields that are refused; none when the event is accepted. */
const refused = (schema: typeof HiredDetail | typeof TerminatedDetail | typeof HrEvent, input: unknown) => {
  const parsed = schema.safeParse(input);
  return parsed.success ? [] : parsed.error.issues.map(({ path }) => path.join('.'));
};
const refusedHire = (changes: object) =>
  refused(HiredDetail, { ...hired, employee: { ...employee, ...changes } });
const refusedLeave = (changes: object) => refused(TerminatedDetail, { ...terminated, ...changes });

it('a mail for the first password can be asked for in Driftwood only', () => {
  const refusedFor = (app: string) =>
    refused(HiredDetail, { ...hired, apps: [{ app, passwordEmail: true }] });
  expect(APPS.filter((app) => refusedFor(app).length === 0)).toEqual(['driftwood']);
  expect(refused(HiredDetail, { ...hired, apps: [{ app: 'drift', passwordEmail: false }] })).toEqual([]);
});

describe('the envelope', () => {
  it('is EventBridge’s, with all its fields', () => {
    expect(refused(HrEvent, envelope('employee.hired', hired))).toEqual([]);
    expect(refused(HrEvent, envelope('employee.terminated', terminated))).toEqual([]);
  });

  it.each([
    { 'detail-type': 'employee.promoted' },
    { source: 'aws.s3' },
    { id: '' },
    { id: 'half \ud83d' },
    { time: 'yesterday' },
    { time: '0026-11-30T09:00:00Z' },
    { detail: terminated },
  ])('is refused with %j', (changes) => {
    expect(refused(HrEvent, { ...envelope('employee.hired', hired), ...changes })).not.toEqual([]);
  });
});

describe('a hire', () => {
  it('takes effect now unless it says otherwise', () => {
    expect(HiredDetail.parse(hired).when).toBe('now');
    expect(HiredDetail.parse({ ...hired, when: 'startDate' }).when).toBe('startDate');
  });

  it.each([
    { firstName: 'Łucja', lastName: "O'Neil" },
    { firstName: '小明', lastName: '王' },
    { email: 'Kenji.Sato@Northlight.Example' },
    { email: "o'neil+crm@northlight.example" },
    { email: 'r&d.lead@northlight.example' },
    { email: 'zoë@münchen.example', managerEmail: '"mara lindqvist"@northlight.example' },
    { title: 'Vertrieb & Co', department: 'DACH', employmentType: 'CONTRACTOR', timeZone: 'Asia/Tokyo' },
    { managerEmail: 'mara.lindqvist@northlight.example' },
    { startDate: '2028-02-29' },
    { shoeSize: 42 },
  ])('is accepted with %j', (changes) => {
    expect(refusedHire(changes)).toEqual([]);
  });

  it.each([
    ['email', 'zoe.muller'],
    ['email', 'zoe@'],
    ['email', 'zoe @northlight.example'],
    ['email', 'zoe@northlight.example, olof@northlight.example'],
    ['startDate', '2026-13-01'],
    ['startDate', '2026-02-30'],
    ['startDate', '01.12.2026'],
    ['startDate', '2026-12-01T00:00:00Z'],
    ['timeZone', 'Europe/Atlantis'],
    ['employmentType', 'INTERN'],
    ['firstName', '   '],
    ['firstName', 'Zo\ud800'],
    ['title', '\udc00'],
    ['startDate', '0026-12-01'],
    ['startDate', '0099-12-01'],
    ['managerEmail', 'Mara'],
    ['employeeId', 'E#1'],
    ['employeeId', 'E 1'],
    ['employeeId', 'E\u00001'],
    ['employeeId', ''],
  ])('is refused for %s %j', (field, value) => {
    expect(refusedHire({ [field]: value })).toEqual([`employee.${field}`]);
  });

  it.each([
    { what: 'an unknown app', apps: [{ app: 'salesforce' }], field: 'apps.0.app' },
    { what: 'an app named twice', apps: [{ app: 'drift' }, { app: 'drift', role: 'Agent' }], field: 'apps' },
    { what: 'no app', apps: [], field: 'apps' },
    { what: 'apps missing', apps: undefined, field: 'apps' },
  ])('is refused for $what', ({ apps, field }) => {
    expect(refused(HiredDetail, { ...hired, apps })).toEqual([field]);
  });

  it('trims names', () => {
    const { firstName } = HiredDetail.parse({
      ...hired,
      employee: { ...employee, firstName: ' Zoë ' },
    }).employee;
    expect(firstName).toBe('Zoë');
  });
});

describe('a leave', () => {
  it('concerns every app unless it says otherwise', () => {
    expect(TerminatedDetail.parse(terminated).apps).toEqual(APPS.map((app) => ({ app })));
    expect(TerminatedDetail.parse({ ...terminated, apps: [{ app: 'drift' }] }).apps).toEqual([
      { app: 'drift' },
    ]);
  });

  it('needs nobody named to take over', () => {
    expect(refusedLeave({ reassignTo: undefined })).toEqual([]);
  });

  it('is taken with a new owner who cannot be one, as logins are shut all the same', () => {
    expect(refusedLeave({ reassignTo: 'Ann.Lee@Northlight.EXAMPLE' })).toEqual([]);
  });

  it.each([
    ['reassignTo', 'Mara'],
    ['lastWorkingDay', '2026-11-31'],
    ['lastWorkingDay', '0026-11-30'],
    ['lastWorkingDay', '1899-12-31'],
    ['timeZone', 'CEST+1'],
    ['timeZone', undefined],
    ['when', 'tomorrow'],
    ['when', undefined],
    ['apps', []],
    ['apps', [{ app: 'drata' }, { app: 'drata' }]],
  ])('is refused for %s %j', (field, value) => {
    expect(refusedLeave({ [field]: value })).toEqual([field]);
  });
});

describe('the moment', () => {
  const now = new Date('2026-11-20T09:00:00Z');
  const startOf = (changes: object) =>
    onboardingMoment(HiredDetail.parse({ ...hired, ...changes }), now).toISOString();
  const endOf = (changes: object) =>
    offboardingMoment(TerminatedDetail.parse({ ...terminated, ...changes }), now).toISOString();

  it('is now when the event says so', () => {
    expect(startOf({})).toBe(now.toISOString());
    expect(endOf({ when: 'now' })).toBe(now.toISOString());
  });

  it('of an onboarding is the start of the first day where the employee is, in UTC by default', () => {
    expect(startOf({ when: 'startDate' })).toBe('2026-12-01T00:00:00.000Z');
    const abroad = { ...employee, timeZone: 'America/New_York' };
    expect(startOf({ when: 'startDate', employee: abroad })).toBe('2026-12-01T05:00:00.000Z');
  });

  it('of an offboarding is the end of the last working day where the employee is', () => {
    expect(endOf({})).toBe('2026-11-30T23:00:00.000Z');
    expect(endOf({ timeZone: 'Pacific/Auckland' })).toBe('2026-11-30T11:00:00.000Z');
  });
});

describe('a moment that cannot be', () => {
  const now = new Date('2026-11-20T09:00:00Z');
  const endOf = (changes: object) =>
    offboardingMoment(TerminatedDetail.parse({ ...terminated, timeZone: 'UTC', ...changes }), now);

  it('is further ahead than an execution may last', () => {
    expect(endOf({ lastWorkingDay: '2027-11-17' }).toISOString()).toBe('2027-11-18T00:00:00.000Z');
    expect(() => endOf({ lastWorkingDay: '2027-11-19' })).toThrow(InvalidInputError);
    const hire = HiredDetail.parse({
      ...hired,
      employee: { ...employee, startDate: '2027-11-20' },
      when: 'startDate',
    });
    expect(() => onboardingMoment(hire, now)).toThrow(/wait for 364 days/);
    expect(onboardingMoment({ ...hire, when: 'now' }, now)).toBe(now);
  });

  it('is the end of a day more than 31 days ago, unless the event says now', () => {
    expect(endOf({ lastWorkingDay: '2026-10-20' }).toISOString()).toBe('2026-10-21T00:00:00.000Z');
    expect(() => endOf({ lastWorkingDay: '2026-10-19' })).toThrow(InvalidInputError);
    expect(() => endOf({ lastWorkingDay: '2026-10-19' })).toThrow(/send the event with "when": "now"/);
    expect(endOf({ lastWorkingDay: '2026-10-19', when: 'now' })).toBe(now);
  });

  it('is no first day long ago: somebody who works here may be hired into one more app', () => {
    const hire = HiredDetail.parse({
      ...hired,
      employee: { ...employee, startDate: '2019-05-01' },
      when: 'startDate',
    });
    expect(onboardingMoment(hire, now).toISOString()).toBe('2019-05-01T00:00:00.000Z');
  });
});

it('has a moment whichever event it is', () => {
  const at = (type: string, detail: unknown) =>
    momentOf(HrEvent.parse(envelope(type, detail)), new Date('2026-11-20T09:00:00Z')).toISOString();
  expect(at('employee.hired', { ...hired, when: 'startDate' })).toBe('2026-12-01T00:00:00.000Z');
  expect(at('employee.terminated', terminated)).toBe('2026-11-30T23:00:00.000Z');
});

it('answers every input with a verdict, never with a crash', () => {
  fc.assert(
    fc.property(fc.anything(), (detail) => {
      expect(HrEvent.safeParse(envelope('employee.terminated', detail)).success).toBe(false);
    }),
  );
});
