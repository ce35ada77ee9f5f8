import { describe, expect, it } from 'vitest';
import { type Evidence, evidenceOf, firstBroken } from '../../functions/api/evidence.ts';
import type { Run } from '../../functions/api/schemas.ts';

const AT = '2026-11-29T08:00:00.000Z';
const RUN: Run = {
  name: 'offboarding-E-1-abc',
  workflow: 'offboarding',
  employeeId: 'E-1',
  status: 'partial',
  startedAt: AT,
  endedAt: '2026-11-29T09:00:00.000Z',
  origin: { id: 'request-1', source: 'api', receivedAt: AT, requester: { via: 'api', name: 'hr' } },
  dueAt: AT,
  lastLoginShutAt: '2026-11-29T08:30:00.000Z',
  held: {
    reasons: [{ kind: 'late', app: null, detail: 'Late.' }],
    since: AT,
    until: '2026-12-06T08:00:00.000Z',
    decisions: [
      { decision: 'released', by: 'it', at: '2026-11-29T08:10:00.000Z', reason: 'Yes.', reasons: [] },
    ],
  },
  apps: [],
  warning: null,
  report: {
    workflow: 'offboarding',
    employeeId: 'E-1',
    email: 'ann@northlight.example',
    status: 'partial',
    apps: [
      {
        app: 'drata',
        status: 'shut',
        vendorUserId: '7',
        steps: [{ step: 'DrataDeactivatePersonnel', status: 'changed', endedAt: AT, ms: 3 }],
        changes: [{ what: 'deactivated', login: 'shut' }],
        followUps: ['Look.'],
      },
    ],
  },
  error: null,
};
const exported = (): Evidence =>
  JSON.parse(
    JSON.stringify(
      evidenceOf(
        RUN,
        {
          accounts: [
            {
              ...{ app: 'drata', vendorUserId: '7', email: 'ann@northlight.example', status: 'deactivated' },
              ...{ role: null, verifiedAt: AT, execution: RUN.name },
            },
          ],
          followUps: [
            {
              ...{
                id: 'f-1',
                text: 'Look.',
                app: 'drata',
                employeeId: 'E-1',
                run: RUN.name,
                urgency: 'normal',
                asks: null,
              },
              ...{ status: 'done', done: { by: 'it', at: AT, note: 'Seen.' } },
            },
          ],
          plan: null,
        },
        Date.parse(AT),
      ),
    ),
  );

describe('the evidence of a run', () => {
  it('holds who asked, what was held and decided, what was done and read back, in one chain', () => {
    const { entries } = exported();
    expect(entries.map(({ kind }) => kind)).toEqual(
      'request run held decision step change follow_up app read_back report follow_up_done export'.split(' '),
    );
    for (const [index, { previous }] of entries.entries())
      expect(previous).toBe(index === 0 ? null : entries[index - 1]?.hash);
    expect(new Set(entries.map(({ hash }) => hash)).size).toBe(entries.length);
    expect(firstBroken(exported())).toBeNull();
  });

  it('is unbroken however its fields are ordered', () => {
    const { entries, ...rest } = exported();
    const reversed = entries.map((entry) => Object.fromEntries(Object.entries(entry).reverse()));
    expect(firstBroken({ ...rest, entries: reversed } as Evidence)).toBeNull();
  });

  it.each(exported().entries.map(({ number, kind }) => [number, kind]))(
    'entry %i (%s) cannot be changed',
    (number) => {
      const index = Number(number) - 1;
      const changed = (change: (evidence: Evidence) => unknown) => {
        const evidence = exported();
        change(evidence);
        return firstBroken(evidence)?.number;
      };
      const at = ({ entries }: Evidence) => entries[index] ?? { data: {} };
      expect(changed((evidence) => Object.assign(at(evidence).data, { more: 1 }))).toBe(number);
      expect(changed((evidence) => Object.assign(at(evidence), { more: 1 }))).toBe(number);
      expect(changed((evidence) => Object.assign(at(evidence), { at: '2020-01-01T00:00:00.000Z' }))).toBe(
        number,
      );
      expect(changed((evidence) => Object.assign(at(evidence), { hash: 'f'.repeat(64) }))).toBe(number);
      expect(changed(({ entries }) => entries.splice(index, 1))).toBe(number);
      expect(changed(({ entries }) => entries.splice(index))).toBe(number);
      expect(changed(({ entries }) => entries.splice(index, 0, structuredClone(entries[0] as never)))).toBe(
        index === 0 ? 2 : number,
      );
    },
  );

  it('does not pass for that of another run', () => {
    expect(firstBroken({ ...exported(), run: 'another' })).toMatchObject({ number: 12 });
  });
});
