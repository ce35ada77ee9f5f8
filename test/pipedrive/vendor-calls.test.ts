import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { costsOf, JOINER, LEAVER } from '../vendor-calls.ts';

const ROLE = { apps: [{ app: 'pipedrive', role: 'Account Executive' }] };

describe('Pipedrive’s calls for', () => {
  it('a joiner: look through all users, and whether there is the role; look once more, create, read back; role', async () => {
    const { calls, reported } = await costsOf('pipedrive', JOINER, ROLE);
    expect(calls).toEqual([
      // A user whom a search misses would be created twice.
      'rest GET /users',
      // Nobody is invited for a role that cannot be given.
      'rest GET /roles',
      // The create step's own look: a retry of it must never invite twice.
      'rest GET /users/find',
      'rest POST /users',
      'rest GET /users/find',
      'rest GET /roles',
      'rest GET /users/{id}/roleAssignments',
      'rest POST /roles/{id}/assignments',
      'rest GET /users/{id}/roleAssignments',
    ]);
    expect(reported?.status).toBe('done');
  });

  it('a leaver: look through all users; read, deactivate, confirm; for each kind of record its pages and moves', async () => {
    const records = (path: string, moves: string) => [
      `rest GET ${path}`,
      // The new owner must still be there and active, which is asked only when there is something to move.
      'rest GET /users/find',
      'rest GET /users/{id}',
      `rest PATCH ${path}/{id} ${moves}`,
      // Shows that nothing remained.
      `rest GET ${path}`,
    ];
    const { calls } = await costsOf('pipedrive', LEAVER);
    expect(calls).toEqual([
      // Pages of 500 users say who is active, too, and miss nobody as a search does.
      'rest GET /users',
      'rest GET /users/{id}',
      // The user behind the token is not shut without a person.
      'rest GET /users/me',
      'rest PUT /users/{id}',
      'rest GET /users/{id}',
      ...records('/deals', '×3'),
      ...records('/activities', '×4'),
      ...records('/persons', '×6'),
    ]);
  });
});

describe('Pipedrive’s calls in SCIM mode for', () => {
  beforeEach(() => vi.stubEnv('PIPEDRIVE_MODE', 'scim'));
  afterEach(() => vi.unstubAllEnvs());

  it('a joiner: look through all users, and the role with its group; look on both surfaces, create, read back on both; role', async () => {
    const { calls, reported } = await costsOf('pipedrive', JOINER, ROLE);
    expect(calls).toEqual([
      'rest GET /users',
      'rest GET /roles',
      'scim GET /Groups',
      'rest GET /users/find',
      'scim GET /Users',
      'scim POST /Users',
      'scim GET /Users',
      // Its answer is the id that every other step goes by.
      'rest GET /users/find',
      'rest GET /roles',
      'rest GET /users/{id}/roleAssignments',
      'scim GET /Groups',
      'rest GET /users/{id}',
      'scim GET /Users',
      'scim PATCH /Groups/{id}',
      'rest GET /users/{id}/roleAssignments',
    ]);
    expect(reported?.status).toBe('done');
  });

  it('a leaver: the calls of REST, and one more to find whom SCIM has to deactivate', async () => {
    const { calls } = await costsOf('pipedrive', LEAVER);
    expect(calls.slice(0, 6)).toEqual([
      'rest GET /users',
      'rest GET /users/{id}',
      'rest GET /users/me',
      'scim GET /Users',
      'scim PATCH /Users/{id}',
      'rest GET /users/{id}',
    ]);
  });
});
