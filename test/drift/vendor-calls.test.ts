import { describe, expect, it } from 'vitest';
import { costsOf, JOINER, LEAVER } from '../vendor-calls.ts';

describe('Drift’s calls for', () => {
  it('a joiner: find on both surfaces; look, provision, read back; the id that contacts refer to', async () => {
    const { calls, reported } = await costsOf('drift', JOINER);
    expect(calls).toEqual([
      'rest GET /users',
      'scim GET /Users ×2',
      'scim POST /Users',
      'scim GET /Users',
      'rest GET /users',
    ]);
    expect(reported?.status).toBe('done');
  });

  it('a leaver: find on both surfaces, read, deactivate, confirm; two pages of contacts and the moves', async () => {
    const { calls } = await costsOf('drift', LEAVER);
    expect(calls).toEqual([
      ...['rest GET /users', 'scim GET /Users'],
      'scim GET /Users/{id}',
      // Whether the leaver administers Drift.
      'rest GET /users/{id}',
      'scim PATCH /Users/{id}',
      'scim GET /Users/{id}',
      'rest GET /contacts ×2',
      ...['rest GET /users', 'scim GET /Users'],
      'rest PATCH /contacts/{id} ×9',
      // Shows that nothing remained.
      'rest GET /contacts ×2',
    ]);
  });
});
