import { describe, expect, it } from 'vitest';
import { costsOf, JOINER, LEAVER } from '../vendor-calls.ts';

describe('Driftwood CRM’s calls for', () => {
  it('a joiner: look through all users; look, invite, read back', async () => {
    const { calls, reported } = await costsOf('driftwood', JOINER);
    expect(calls).toEqual([
      // Two pages of at most 100 users and the look: a user whom a search misses would be invited twice.
      'rest POST /users-list ×3',
      'rest POST /users-invite',
      'rest POST /users-list',
    ]);
    expect(reported?.status).toBe('invited');
  });

  it('a joiner, with a mail for the first password: whether there is one yet, the mail', async () => {
    const { calls, reported } = await costsOf('driftwood', JOINER, {
      apps: [{ app: 'driftwood', passwordEmail: true }],
    });
    expect(calls).toEqual([
      'rest POST /users-list ×3',
      'rest POST /users-invite',
      'rest POST /users-list ×2',
      'rest POST /users-forgot-password',
    ]);
    expect(reported?.status).toBe('invited');
  });

  it('a leaver: look through all users; read, deactivate, confirm', async () => {
    const { calls } = await costsOf('driftwood', LEAVER);
    expect(calls).toEqual([
      // Two pages of at most 100 users, instead of one search, which misses an address with something invisible in it.
      'rest POST /users-list ×3',
      'rest POST /users-set-active',
      'rest POST /users-list',
    ]);
  });
});
