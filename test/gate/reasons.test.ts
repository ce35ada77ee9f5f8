import { describe, expect, it } from 'vitest';
import { approvalOf, type GatedRun, isApproved, reasonsToHold } from '../../functions/gate/reasons.ts';
import { parseGateSettings } from '../../functions/gate/settings.ts';

const NOW = Date.parse('2026-11-29T12:00:00Z');
const RUN: GatedRun = {
  workflow: 'offboarding',
  employeeId: 'E-1',
  addresses: ['Ann.Lee@northlight.example', 'ann@old.example'],
  apps: [{ app: 'pipedrive', role: 'Account Owner' }],
  requiresApproval: false,
  dueAt: NOW,
};
const kinds = (run: Partial<GatedRun>, settings: object = {}) =>
  reasonsToHold({ ...RUN, ...run }, parseGateSettings(JSON.stringify(settings)), NOW).map(({ kind }) => kind);

it('lets a run go that nothing speaks against', () => {
  expect(kinds({})).toEqual([]);
});

describe('a protected person', () => {
  it.each([
    ['E-1'],
    ['ANN.LEE@northlight.example'],
    ['ann@old.example'],
    ['ann.*@northlight.example'],
    ['*@old.example'],
  ])('is held by %s', (entry) => expect(kinds({}, { protected: [entry] })).toEqual(['protected']));

  it.each([['E-11'], ['ann.lee@northlight.example.evil'], ['an.*@northlight.example'], ['ann'], ['*']])(
    'is not held by %s',
    (entry) => expect(kinds({}, { protected: [entry] })).toEqual([]),
  );
});

it.each([
  [{ workflows: ['offboarding'] }, ['approval']],
  [{ workflows: ['onboarding'] }, []],
  [{ apps: ['pipedrive'] }, ['approval']],
  [{ apps: ['drata'] }, []],
  [{ roles: ['Account Owner'] }, ['approval']],
  [{ roles: ['account owner'] }, []],
])('asks for the approval of %j', (approval, expected) => expect(kinds({}, { approval })).toEqual(expected));

it('holds what the event wants approved', () => {
  expect(kinds({ requiresApproval: true })).toEqual(['approval']);
});

it.each([
  [24 * 3_600_000, []],
  [24 * 3_600_000 + 1, ['late']],
])('that was due %i ms ago', (ms, expected) => expect(kinds({ dueAt: NOW - ms })).toEqual(expected));

it('names all reasons at once, and neither name nor address in them', () => {
  const all = reasonsToHold(
    { ...RUN, requiresApproval: true, dueAt: 0 },
    parseGateSettings(JSON.stringify({ protected: ['ann@old.example'] })),
    NOW,
  );
  expect(all.map(({ kind }) => kind)).toEqual(['protected', 'approval', 'late']);
  expect(JSON.stringify(all)).not.toContain('@');
});

it('is released for a reason in an app, and for no other', () => {
  const reason = { kind: 'last_admin', app: 'pipedrive' } as const;
  expect(isApproved([approvalOf(reason)], reason)).toBe(true);
  expect(isApproved([approvalOf(reason)], { kind: 'last_admin', app: 'drift' })).toBe(false);
  expect(isApproved([approvalOf(reason)], { kind: 'token_user', app: 'pipedrive' })).toBe(false);
});

describe('settings', () => {
  it('are the documented ones where nothing is said', () => {
    expect(parseGateSettings('')).toEqual({
      limits: { offboarding: { people: 5, percent: 5 }, onboarding: { people: 50, percent: 50 } },
      protected: [],
      approval: { workflows: [], apps: [], roles: [] },
      lateHours: 24,
      expiryDays: { offboarding: 7, onboarding: 30, update: 30 },
    });
  });

  it.each([
    '{',
    '[]',
    '{"limit":{}}',
    '{"limits":{"offboarding":{"people":-1}}}',
    '{"expiryDays":{"offboarding":0}}',
  ])('that are wrong are refused: %s', (text) =>
    expect(() => parseGateSettings(text)).toThrow('TENURE_GATE is not usable'),
  );
});
