import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sameEmail } from '../../functions/shared/email.ts';
import { exactMatch } from '../../functions/vendor/match.ts';

type Candidate = { id: number; email: string | null | undefined };
const match = (email: string, ...emails: Candidate['email'][]) =>
  exactMatch(
    'drift',
    email,
    emails.map((candidate, index): Candidate => ({ id: index + 1, email: candidate })),
    (candidate) => candidate,
  )?.id ?? null;

it('does not mind the case', () => {
  expect(sameEmail('Kenji.Sato@Northlight.example', 'kenji.sato@northlight.EXAMPLE')).toBe(true);
  expect(match('ANN@x.example', 'ann@x.example')).toBe(1);
});

it('does not mind white space around an address, nor what nobody sees', () => {
  for (const spelling of [' ann@x.example', 'ann@x.example\u00a0', 'ann@x.example\t', 'ann@x.example\u200b'])
    expect(match('ann@x.example', 'joann@x.example', spelling)).toBe(2);
});

describe('a part of an address', () => {
  it.each(['joann@x.example', 'ann@x.example.org', 'ann+1@x.example', 'Ann Lee <ann@x.example>'])(
    'is not enough: %s',
    (neighbour) => {
      expect(match('ann@x.example', neighbour)).toBeNull();
    },
  );

  it('never matches, whatever surrounds it', () => {
    // White space alone makes no other address.
    const some = fc.string({ minLength: 1 }).filter((text) => /[a-z0-9]/i.test(text));
    fc.assert(
      fc.property(fc.emailAddress(), some, (email, extra) => {
        expect(match(email, extra + email, email + extra)).toBeNull();
        expect(match(email, extra + email, email)).toBe(2);
      }),
    );
  });
});

it('passes over candidates without an address', () => {
  expect(match('ann@x.example', null, undefined, '', 'ann@x.example')).toBe(4);
});

it('says null when there are no candidates', () => {
  expect(match('ann@x.example')).toBeNull();
});

it('refuses to guess, names the ids and not the address', () => {
  const guess = () => match('ann@x.example', 'Ann@x.example', 'joann@x.example', 'ann@x.example');
  expect(guess).toThrow(expect.objectContaining({ name: 'AmbiguousUserError' }));
  expect(guess).toThrow(/^(?!.*@).*: 1, 3\./);
});
