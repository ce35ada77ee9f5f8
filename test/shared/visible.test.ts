import { describe, expect, it } from 'vitest';
import * as z from 'zod/mini';
import { HrEvent } from '../../functions/shared/events.ts';
import { hasNoControls, visible } from '../../functions/shared/visible.ts';
import { hire, hrEvent, newcomer } from '../requests.ts';

describe('visible', () => {
  it.each([
    ['\u001b[2J', String.raw`\u001b[2J`],
    ['a\r\nb', String.raw`a\u000d\u000ab`],
    ['\u0007\u007f\u009b', String.raw`\u0007\u007f\u009b`],
    ['\u202egpj.exe\u2066', String.raw`\u202egpj.exe\u2066`],
    ['\u2028\u200f\ufeff', String.raw`\u2028\u200f\ufeff`],
    ['\u{e0041}', String.raw`\udb40\udc41`],
    ['\ud800', String.raw`\ud800`],
  ])('shows %j', (text, shown) => expect(visible(text)).toBe(shown));

  it.each(['Zoë Müller', 'سارا‌نژاد', '山田 太郎', '👩‍💻', 'C:\\users', '   '])('leaves %s', (text) =>
    expect(visible(text)).toBe(text),
  );
});

const STEERING = ['\u001b[31m', 'a\nb', 'a\rb', '\u0007', '\u009d', '\u202e', '\u2067', '\u2028', '\ud800'];

it('lets a name hold marks of direction, which some scripts need', () => {
  expect(z.safeParse(z.string().check(hasNoControls), 'דנה\u200f').success).toBe(true);
});

describe('an event', () => {
  const detail = hire(newcomer(), { apps: [{ app: 'pipedrive', role: 'Admin' }] });
  const person = { ...detail.employee, title: 'Clerk', department: 'Sales' };
  const event = hrEvent('employee.hired', { ...detail, employee: person });
  const texts = ['firstName', 'lastName', 'title', 'department', 'employeeId', 'email'] as const;

  it('is taken as it is here', () => expect(z.safeParse(HrEvent, event).success).toBe(true));

  it.each(STEERING)('is refused with %j in any of its texts', (steering) => {
    const bad = `x${steering}y`;
    const events = [
      ...texts.map((name) => ({ ...event, detail: { ...detail, employee: { ...person, [name]: bad } } })),
      { ...event, detail: { ...detail, apps: [{ app: 'pipedrive', role: bad }] } },
      { ...event, id: bad },
    ];
    const taken = events.filter((candidate) => z.safeParse(HrEvent, candidate).success);
    expect(taken).toEqual([]);
  });
});
