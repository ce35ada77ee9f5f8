import { describe, expect, it } from 'vitest';
import { MARA } from '../../local/vendors/company.ts';
import { costsOf, JOINER, LEAVER } from '../vendor-calls.ts';

const LUCJA = {
  employeeId: 'E-3001',
  firstName: 'Łucja',
  lastName: "O'Neil",
  email: 'lucja.oneil@northlight.example',
  startDate: '2026-12-01',
  managerEmail: MARA.email,
};

describe('Drata’s calls for', () => {
  it('a joiner who is there: a walk; read, a walk for the manager, one PATCH, read back', async () => {
    const { calls, reported } = await costsOf('drata', JOINER);
    expect(calls).toEqual([
      'rest GET /personnel ×2',
      'rest GET /personnel/{id}',
      // The manager's record may be any.
      'rest GET /personnel ×2',
      'rest PATCH /personnel/{id}',
      'rest GET /personnel/{id}',
    ]);
    expect(reported?.status).toBe('done');
  });

  it('a joiner who is not: a walk, another one for the manager; one POST, read back', async () => {
    const { calls, reported } = await costsOf('drata', JOINER, { employee: LUCJA });
    expect(calls).toEqual(['rest GET /personnel ×4', 'rest POST /personnel', 'rest GET /personnel/{id}']);
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
