import { expect, it } from 'vitest';
import { howOften, sentencesOf } from '../../functions/shared/sentences.ts';

it('ends a sentence before a number too, and not within an address or a number', () => {
  expect(
    sentencesOf('Name somebody who has one. 0 of 4 deals are moved to a.b@x.example. Why? See 1.5. '),
  ).toEqual(['Name somebody who has one.', '0 of 4 deals are moved to a.b@x.example.', 'Why?', 'See 1.5.']);
  expect(sentencesOf('')).toEqual([]);
});

it.each([
  [1, 'once'],
  [2, 'twice'],
  [3, '3 times'],
])('%i is said as %s', (count, text) => expect(howOften(count)).toBe(text));
