import { expect, it } from 'vitest';
import { counted, howOften, sentencesOf } from '../../functions/shared/sentences.ts';

it('ends a sentence before a number too, and not within an address or a number', () => {
  expect(
    sentencesOf('Name somebody who has one. 0 of 4 deals are moved to a.b@x.example. Why? See 1.5. '),
  ).toEqual(['Name somebody who has one.', '0 of 4 deals are moved to a.b@x.example.', 'Why?', 'See 1.5.']);
  expect(sentencesOf('')).toEqual([]);
});

it('counts one thing and several', () => {
  expect([counted(1, 'event'), counted(0, 'event'), counted(2, 'person', 'people')]).toEqual([
    '1 event',
    '0 events',
    '2 people',
  ]);
});

it.each([
  [1, 'once'],
  [2, 'twice'],
  [3, '3 times'],
])('%i is said as %s', (count, text) => expect(howOften(count)).toBe(text));
