import { describe, expect, it } from 'vitest';
import { costsOf, JOINER, JOINER_AGAIN, LEAVER } from '../vendor-calls.ts';

describe('SalesLoft’s calls for', () => {
  it('a joiner: one walk, and SCIM for an invitation that REST does not list; look, provision, read back', async () => {
    const { calls, reported } = await costsOf('salesloft', JOINER);
    expect(calls).toEqual([
      'rest GET /users ×2',
      'scim GET /Users',
      // The spelling of an invitation that a SCIM server which compares the case does not find.
      'rest GET /pending_email_accounts',
      'scim GET /Users',
      'scim POST /Users',
      'scim GET /Users',
    ]);
    expect(reported?.status).toBe('invited');
  });

  it('a joiner, hired again: one walk, and SCIM; both surfaces, reactivate, read back; whether an invitation is open', async () => {
    const { calls } = await costsOf('salesloft', JOINER_AGAIN);
    expect(calls).toEqual([
      'rest GET /users ×2',
      'scim GET /Users',
      'rest GET /users/{id}',
      'scim GET /Users/{id}',
      'scim PATCH /Users/{id}',
      'rest GET /users/{id}',
      'rest GET /pending_email_accounts',
    ]);
  });

  it('a leaver: one walk, and SCIM; read, deactivate, confirm on both surfaces', async () => {
    const { calls, reported } = await costsOf('salesloft', LEAVER);
    // Side by side; whether somebody was invited under the same address besides, however that is spelled.
    expect(calls.splice(1, 2).toSorted()).toEqual(['rest GET /pending_email_accounts', 'scim GET /Users']);
    expect(calls).toEqual([
      'rest GET /users ×2',
      'rest GET /users/{id}',
      // The user behind the token is not shut without a person.
      'rest GET /me',
      'scim PATCH /Users/{id}',
      'rest GET /users/{id}',
      // An invitation that REST shows as inactive could still be accepted.
      'scim GET /Users/{id}',
    ]);
    expect(reported?.followUps.join()).toContain('cadences');
  });
});
