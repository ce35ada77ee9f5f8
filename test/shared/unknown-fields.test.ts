import { describe, expect, it } from 'vitest';
import { HiredDetail } from '../../functions/shared/events.ts';
import { unknownFields, unknownFieldsOfEvent } from '../../functions/shared/unknown-fields.ts';

const messages = (detail: unknown) =>
  unknownFields(HiredDetail, detail).map(({ path, message }) => `${path.join('.')}: ${message}`);

describe('a field that tenure does not know', () => {
  it.each([
    [{ apps: [{ app: 'drift' }, { app: 'pipedrive', rolle: 'Sales' }] }, 'apps.1.rolle: did you mean role?'],
    [{ employee: { employee_id: 'E-1' } }, 'employee.employee_id: did you mean employeeId?'],
    [{ employee: { timezone: 'UTC' } }, 'employee.timezone: did you mean timeZone?'],
    [{ managerEmial: 'x' }, 'managerEmial: did you mean employee.managerEmail?'],
  ])('is told with the nearest name: %j', (detail, line) => {
    expect(messages(detail)).toEqual([line]);
  });

  it('is told with what there is, where no name is near', () => {
    expect(messages({ apps: [{ app: 'drift', colour: 'red' }] })).toEqual([
      'apps.0.colour: is no field that tenure knows; expected app, role, passwordEmail',
    ]);
  });

  it('is told by at most 50 characters of its name', () => {
    expect(unknownFields(HiredDetail, { ['x'.repeat(1_000)]: 1 })[0]?.path[0]).toHaveLength(50);
  });
});

it('every known field is known', () => {
  const employee = { employeeId: 'E-1', email: 'a@b.example', timeZone: 'UTC', managerEmail: 'm@b.example' };
  expect(
    messages({ employee, apps: [{ app: 'pipedrive', role: 'x', passwordEmail: false }], when: 'now' }),
  ).toEqual([]);
});

it('only the detail of an event is looked at, and only of an event that tenure knows', () => {
  const envelope = { version: '0', account: '1', 'detail-type': 'hire.rescinded' };
  expect(unknownFieldsOfEvent({ ...envelope, detail: { employee: { employeeId: 'E-1' } } })).toEqual([]);
  expect(unknownFieldsOfEvent({ ...envelope, detail: { reasons: 'x' } })).toEqual([
    { path: ['detail', 'reasons'], message: 'did you mean reason?' },
  ]);
  expect(unknownFieldsOfEvent({ 'detail-type': 'employee.promoted', detail: { x: 1 } })).toEqual([]);
  for (const value of [null, 7, 'x', [], { 'detail-type': 'hire.rescinded', detail: null }])
    expect(unknownFieldsOfEvent(value)).toEqual([]);
});
