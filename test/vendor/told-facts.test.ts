import { describe, expect, it } from 'vitest';
import * as z from 'zod/mini';
import { differingFacts, inWords, ToldInput, toldFacts } from '../../functions/vendor/told-facts.ts';

const told = (employee: object, name: { firstName: string; lastName: string } | null = null) =>
  toldFacts(z.parse(ToldInput, { employee, person: { name } }));
const ANN = { firstName: 'Ann', lastName: 'Lee' };

describe('what HR tells', () => {
  it.each([
    [{}, ANN, { name: null, email: null }],
    [{ firstName: null, lastName: '', email: ' ' }, ANN, { name: null, email: null }],
    [{ ...ANN, email: 'ann@x.example' }, null, { name: 'Ann Lee', email: 'ann@x.example' }],
    [{ lastName: 'Novák' }, ANN, { name: 'Ann Novák', email: null }],
    [{ lastName: 'Novák' }, null, { name: null, email: null }],
  ])('by %j of %j is %j', (employee, name, facts) => {
    expect(told(employee, name)).toEqual(facts);
  });
});

describe('what differs', () => {
  const shown = { name: 'Ann Lee', email: 'ann@x.example' };

  it.each([
    [{ name: null, email: null }, {}, null],
    [{ name: '\u00a0Ann \t Lee', email: '\u200bANN@x.example ' }, {}, null],
    [{ name: 'Ann Novák', email: null }, { name: 'Ann Novák' }, 'name'],
    [
      { name: 'ann lee', email: 'a@x.example' },
      { name: 'ann lee', email: 'a@x.example' },
      'name and address',
    ],
    [{ name: null, email: 'a@x.example' }, { email: 'a@x.example' }, 'address'],
  ])('from %j is %j', (facts, differing, words) => {
    expect(differingFacts(shown, facts)).toEqual(differing);
    expect(inWords(differing)).toBe(words);
  });

  it('is everything that is told where the app shows nothing', () => {
    expect(differingFacts({ name: null, email: null }, shown)).toEqual(shown);
  });
});
