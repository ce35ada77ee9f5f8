import { describe, expect, it } from 'vitest';
import { bambooHr } from '../../functions/bamboohr/adapter.ts';
import { hibob } from '../../functions/hibob/adapter.ts';
import { pollSource, readAgain } from '../../functions/hr/poll-source.ts';
import { sourceHttp } from '../../functions/hr/source-http.ts';
import { hrWorld, shown } from './world.ts';

// What HR systems answer when something is wrong with them, written from their documentation.

type Fields = Record<string, string | null>;
const employee = (id: string, facts: Fields = {}): Fields => ({
  ...{ id, employeeNumber: `E-${id}`, firstName: 'Ann', lastName: `No${id}`, jobTitle: 'AE' },
  ...{ workEmail: `p${id}@northlight.example`, department: 'Sales', location: 'Berlin' },
  ...{ employmentHistoryStatus: 'Full-Time', supervisorEId: null, hireDate: '2024-01-01' },
  ...{ terminationDate: '0000-00-00', status: 'Active', ...facts },
});

const PAGE = 5;

/** BambooHR with twelve employees, which a test makes answer otherwise. */
function bamboo() {
  const people = new Map(
    Array.from({ length: 12 }, (_, index) => [`${index + 1}`, employee(`${index + 1}`)]),
  );
  const odd = new Map<string, object | number>();
  const answer = (url: URL): object | number => {
    const after = Number(url.searchParams.get('page[after]') ?? 0);
    const planted = odd.get(url.pathname) ?? odd.get(`${url.pathname} ${after}`);
    if (planted !== undefined) return planted;
    if (url.pathname.endsWith('/changed')) return { latest: '2026-03-02T09:00:00Z', employees: [] };
    if (!url.pathname.endsWith('/employees')) return people.get(url.pathname.split('/').at(-1) ?? '') ?? 404;
    const data = [...people.keys()].slice(after, after + PAGE).map((employeeId) => ({ employeeId }));
    const nextCursor = after + PAGE < people.size ? `${after + PAGE}` : null;
    return { data, meta: { page: { nextCursor } } };
  };
  const http = sourceHttp({
    source: 'bamboohr',
    baseUrl: async () => 'https://acme.example',
    authorization: async () => 'Basic eA==',
    sleep: async () => {},
    fetch: async (url) => {
      const body = answer(new URL(url));
      return typeof body === 'number' ? new Response('{}', { status: body }) : Response.json(body);
    },
  });
  const world = hrWorld({ source: 'bamboohr' });
  const now = () => Date.parse(world.readAt());
  const polled = { ...world, adapter: bambooHr({ http, now }), source: 'bamboohr', now } as const;
  return {
    ...{ people, odd, world, polled },
    poll: () => pollSource(polled),
    read: (id: string) => readAgain(polled, id),
    told: () => shown({ events: world.put.splice(0), findings: [] }),
  };
}
const EMPLOYEES = '/api/v1/employees';

describe('BambooHR', () => {
  it('a list that goes round in a circle, or breaks off, is not everybody', async () => {
    const { odd, poll, world } = bamboo();
    await poll();
    world.at('2026-03-03T10:00:00Z');
    odd.set(`${EMPLOYEES} 10`, 404);
    await expect(poll()).rejects.toThrow(/list employees does not exist/);
    odd.set(`${EMPLOYEES} 10`, { data: [], meta: { page: { nextCursor: '5' } } });
    await expect(poll()).rejects.toThrow(/shows a page twice/);
  });

  it('pages that overlap show nobody twice', async () => {
    const { odd, poll } = bamboo();
    const data = ['4', '5', '6', '7', '8', '9', '10'].map((employeeId) => ({ employeeId }));
    odd.set(`${EMPLOYEES} 5`, { data, meta: { page: { nextCursor: '10' } } });
    expect(await poll()).toMatchObject({ people: 12 });
  });

  it('the answer about somebody else says nothing of the one who was asked for', async () => {
    const { odd, poll, read, told } = bamboo();
    await poll();
    odd.set(`${EMPLOYEES}/5`, employee('3', { status: 'Inactive', terminationDate: '2026-03-01' }));
    await expect(read('5')).rejects.toThrow(/answered with another record/);
    expect(told()).toEqual([]);
  });

  it('a record that cannot be read keeps nobody from being shut, and the poll fails all the same', async () => {
    const { people, odd, poll, told, world } = bamboo();
    await poll();
    odd.set(`${EMPLOYEES}/5`, 500);
    people.set('7', employee('7', { terminationDate: '2026-03-02' }));
    world.at('2026-03-03T10:00:00Z');
    await expect(poll()).rejects.toThrow(/is too busy or down/);
    expect(told()).toEqual(['employee.terminated E-7 2026-03-02 Europe/Berlin now']);
    people.set('8', employee('8', { terminationDate: '2026-03-02' }));
    odd.set(`${EMPLOYEES}/changed`, { latest: 'soon', employees: { 5: {}, 8: {} } });
    world.at('2026-03-03T10:15:00Z');
    await expect(poll()).rejects.toThrow(/is too busy or down/);
    expect(told()).toEqual(['employee.terminated E-8 2026-03-02 Europe/Berlin now']);
    odd.delete(`${EMPLOYEES}/5`);
    await poll();
    expect(await world.store.readState('bamboohr')).toMatchObject({ since: '2026-03-03T10:15:00.000Z' });
  });

  it('a last day or a status that cannot be read is a finding', async () => {
    const { people, poll, read } = bamboo();
    await poll();
    for (const facts of [{ terminationDate: '03/10/2026' }, { status: 'Gone' }]) {
      people.set('5', employee('5', facts));
      expect((await read('5')).findings).toMatchObject([{ kind: 'leaving_unreadable', employeeId: 'E-5' }]);
    }
  });
});

it('HiBob: the answer about somebody else says nothing of the one who was asked for', async () => {
  const adapter = hibob({
    http: async ({ answer }) => answer.parse({ id: '3', internal: { status: 'Inactive' } }),
  });
  await expect(adapter.read('5')).rejects.toThrow(/answered with another record/);
});
