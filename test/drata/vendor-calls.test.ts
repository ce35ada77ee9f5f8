import { describe, expect, it } from 'vitest';
import { costsOf, JOINER, LEAVER } from '../vendor-calls.ts';

describe('Drata’s calls for', () => {
  it('a joiner: one walk for the record and the manager, one PATCH, read back', async () => {
    const { calls, reported } = await costsOf('drata', JOINER);
    expect(calls).toEqual([
      'rest GET /personnel ×2',
      'rest PATCH /personnel/{id}',
      'rest GET /personnel/{id}',
    ]);
    expect(reported?.status).toBe('done');
  });

  it('a leaver: one walk; read, PATCH, confirm; the controls that somebody else has to own', async () => {
    const { calls } = await costsOf('drata', LEAVER);
    expect(calls).toEqual([
      'rest GET /personnel ×2',
      'rest GET /personnel/{id}',
      'rest PATCH /personnel/{id}',
      'rest GET /personnel/{id}',
      'rest GET /controls',
    ]);
  });
});
