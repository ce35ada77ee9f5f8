import { expect, it } from 'vitest';
import { enrichingId } from '../../functions/vendor/enriching.ts';
import { NumberId, TextId } from '../../functions/vendor/ids.ts';

it.each([
  [17, 17],
  ['17', 17],
  ['017', undefined],
  ['', undefined],
  ['17a', undefined],
  ['9007199254740993', undefined],
  [1.5, undefined],
])('%o as the id of a number is %o', (written, id) => {
  expect(NumberId.safeParse(written).data).toBe(id);
});

it.each([
  ['u-17', 'u-17'],
  [17, '17'],
  [null, undefined],
])('%o as the id of a text is %o', (written, id) => {
  expect(TextId.safeParse(written).data).toBe(id);
});

it.each([
  [17, '17'],
  ['u-17', 'u-17'],
  ['', null],
  [null, null],
  [undefined, null],
  [{}, null],
])('%o as an id that only adds to an answer is %o', (written, id) => {
  expect(enrichingId('ownerId').parse(written)).toBe(id);
});
