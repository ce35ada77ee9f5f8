import { expect, it } from 'vitest';
import { decideNewOwner } from '../../functions/match/new-owner.ts';

it.each([
  ['recorded for who has the address', ['E-2'], ['7'], ['7'], 'E-2', 'theirs'],
  ['recorded for them under its other id', ['E-2'], ['scim:u7'], ['7', 'scim:u7'], 'E-2', 'theirs'],
  ['recorded for an id that they had before', ['E-2', 'E-02'], [], ['7'], 'E-02', 'theirs'],
  ['recorded for somebody else', ['E-2'], [], ['7'], 'E-1', 'somebody_elses'],
  ['recorded for somebody else, beside their own', ['E-2'], ['8'], ['7'], 'E-1', 'somebody_elses'],
  ['recorded for nobody', ['E-2'], [], ['7'], null, 'unknown'],
  ['recorded for nobody, and they have another', ['E-2'], ['8'], ['7'], null, 'unknown'],
  ['recorded for somebody, and nobody has the address now', [], [], ['7'], 'E-1', 'unknown'],
] as const)('an account is %s', (_, employeeIds, accountIds, ids, ownerId, verdict) => {
  expect(decideNewOwner({ employeeIds, accountIds }, { ids, ownerId })).toBe(verdict);
});
