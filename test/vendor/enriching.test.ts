import { expect, it } from 'vitest';
import * as z from 'zod/mini';
import {
  enriching,
  enrichingText,
  enrichingTextIfTold,
  leavingOut,
} from '../../functions/vendor/enriching.ts';

const User = z.object({
  id: z.int(),
  name: enrichingText('name'),
  role: enrichingTextIfTold('role'),
  group: enriching('group', z.nullable(z.object({ id: z.int() })), null),
});

it('leaves out what has another form, and counts it by name', () => {
  const list = [
    { id: 1, name: 'Ann', role: '', group: { id: 7 } },
    { id: 2, name: 7, role: {}, group: 'Sales' },
    { id: 3, name: ['Ann'], group: null },
  ];
  expect(leavingOut(() => z.parse(z.array(User), list))).toEqual({
    parsed: [
      { id: 1, name: 'Ann', role: null, group: { id: 7 } },
      { id: 2, name: null, role: undefined, group: null },
      { id: 3, name: null, role: undefined, group: null },
    ],
    leftOut: { name: 2, role: 1, group: 1 },
  });
});

it('lets everything else fail, and counts nothing afterwards', () => {
  expect(() => leavingOut(() => z.parse(User, { id: 'one', name: 7 }))).toThrow();
  expect(leavingOut(() => z.parse(User, { id: 1, group: null })).leftOut).toEqual({});
});
