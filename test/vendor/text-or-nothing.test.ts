import { expect, it } from 'vitest';
import * as z from 'zod/mini';
import { textOrNothing, textOrNothingIfTold } from '../../functions/vendor/text-or-nothing.ts';

const Answer = z.object({ endDate: textOrNothing, role: textOrNothingIfTold });

it.each([
  [{}, { endDate: null }],
  [
    { endDate: null, role: null },
    { endDate: null, role: null },
  ],
  [
    { endDate: '', role: '' },
    { endDate: null, role: null },
  ],
  [
    { endDate: ' ', role: '\u00a0' },
    { endDate: null, role: null },
  ],
  [
    { endDate: '2026-11-30', role: ' Agent' },
    { endDate: '2026-11-30', role: ' Agent' },
  ],
  [
    { endDate: 'half \ud83d', role: '\ud83d\ude00' },
    { endDate: 'half \ufffd', role: '\ud83d\ude00' },
  ],
])('%j is read as %j', (answer, read) => {
  expect(z.parse(Answer, answer)).toStrictEqual(read);
});

it.each([{ endDate: 0 }, { endDate: false }, { role: {} }])('%j is not what a vendor documents', (answer) => {
  expect(z.safeParse(Answer, answer).success).toBe(false);
});
