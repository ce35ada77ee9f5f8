import { GetItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { storeManagersAndControls } from '../../functions/drata/read-graph.ts';
import { storeRolesAndPermissions } from '../../functions/pipedrive/read-graph.ts';
import { wayUp } from '../../functions/reconciliation/graph.ts';
import { VendorUnavailableError } from '../../functions/shared/errors.ts';
import { IDENTITY_TABLE } from '../../local/aws/tables.ts';
import { FIRST, type GraphWorld, graphInput, NOW, startGraphWorld } from './graph-stores.ts';

const CALL = { vendor: 'pipedrive', operation: 'readGrants', method: 'GET', path: '/users/1' } as const;

let world: GraphWorld;
let stores: GraphWorld['stores'];

beforeEach(async () => {
  world = await startGraphWorld();
  stores = world.stores;
});
afterEach(() => world.close());

describe('the way up', () => {
  const above = (parents: Record<string, string | null>) => (id: string) => parents[id];

  it.each([
    ['a chain', { a: 'b', b: 'c', c: null }, ['b', 'c']],
    ['the top', { a: null }, []],
    ['what is not known', { a: 'b' }, ['b']],
    ['somebody who is their own manager', { a: 'a' }, []],
    ['two who manage each other', { a: 'b', b: 'a' }, ['b']],
    ['a circle further up', { a: 'b', b: 'c', c: 'b' }, ['b', 'c']],
  ])('ends at %s', (_, parents, way) => {
    expect(wayUp('a', above(parents))).toEqual(way);
  });
});

describe('Drata', () => {
  const listControls = async () => [
    { id: 'c-1', name: 'Encryption', ownerId: 'p-1' },
    { id: 'c-2', name: 'Backups', ownerId: 'p-1' },
    { id: 'c-3', name: 'Nobody’s', ownerId: null },
  ];

  it('has the chain of managers, as employees where they are known, and the controls that are owned', async () => {
    await world.employ('drata', 'E-1', 'p-1');
    await world.employ('drata', 'E-2', 'p-2');
    await world.employ('drata', 'E-4', null);
    await world.employ('drata', 'E-5', 'p-5', true);
    await world.stage('drata', [
      { id: 'p-1', managerId: 'p-2' },
      { id: 'p-2', managerId: 'p-3' },
      { id: 'p-3', managerId: null },
      { id: 'p-5', managerId: 'p-1' },
      { id: null },
    ]);
    expect(await storeManagersAndControls({ listControls }, stores, graphInput('drata'))).toEqual({
      status: 'read',
      after: null,
      people: 2,
    });
    const rest = {
      app: 'drata',
      roles: [],
      permissions: [],
      groups: [],
      verifiedAt: '2026-11-21T02:00:00.000Z',
    };
    expect(await world.rowsOf('drata')).toEqual([
      {
        ...rest,
        employeeId: 'E-1',
        vendorUserId: 'p-1',
        managers: [
          { vendorUserId: 'p-2', employeeId: 'E-2' },
          { vendorUserId: 'p-3', employeeId: null },
        ],
        controls: [
          { id: 'c-1', name: 'Encryption' },
          { id: 'c-2', name: 'Backups' },
        ],
      },
      {
        ...rest,
        employeeId: 'E-2',
        vendorUserId: 'p-2',
        managers: [{ vendorUserId: 'p-3', employeeId: null }],
        controls: [],
      },
    ]);
  });

  it('is written for everybody, however many there are, and expires', async () => {
    for (let number = 0; number < 130; number += 1) await world.employ('drata', `E-${number}`, `p-${number}`);
    expect(await storeManagersAndControls({ listControls }, stores, graphInput('drata'))).toMatchObject({
      people: 130,
    });
    expect(await world.rowsOf('drata')).toHaveLength(130);
    const Key = marshall({ pk: 'GRAPH#drata', sk: 'E-7' });
    const { Item } = await world.database.send(new GetItemCommand({ TableName: IDENTITY_TABLE, Key }));
    expect(Item?.expiresAt).toEqual({ N: String(NOW / 1000 + 30 * 86_400) });
  });
});

describe('Pipedrive', () => {
  const PEOPLE = 60;
  let asked: string[];
  let failure: { at: number; error: Error; times: number } | undefined;
  const client = {
    listRoleNames: async () => new Map([[3, 'Manager']]),
    readGrants: async (vendorUserId: string) => {
      if (failure !== undefined && asked.length === failure.at && failure.times > 0) {
        failure.times -= 1;
        throw failure.error;
      }
      asked.push(vendorUserId);
      return { roleIds: [3, 7], permissions: ['can_add_products'] };
    },
  };
  const idOf = (number: number) => `E-${String(number).padStart(3, '0')}`;

  beforeEach(async () => {
    asked = [];
    failure = undefined;
    for (let number = 0; number < PEOPLE; number += 1)
      await world.employ('pipedrive', idOf(number), String(number));
  });

  it('has the names of the roles, an id where there is no name, and the permissions', async () => {
    expect(await storeRolesAndPermissions(client, stores, { graph: FIRST })).toEqual({
      status: 'read',
      after: null,
      people: PEOPLE,
    });
    const rows = await world.rowsOf('pipedrive');
    expect(rows).toHaveLength(PEOPLE);
    expect(rows[0]).toMatchObject({ roles: ['Manager', '7'], permissions: ['can_add_products'] });
  });

  it('leaves nobody out where two employees are recorded with one account', async () => {
    await world.employ('pipedrive', 'E-999', '24');
    await storeRolesAndPermissions(client, stores, { graph: FIRST });
    expect(new Set(asked).size).toBe(PEOPLE);
  });

  it('goes on after those who are stored when Pipedrive fails, and nobody is left out', async () => {
    failure = { at: 30, error: new VendorUnavailableError(CALL, 'failed'), times: 2 };
    const place = await storeRolesAndPermissions(client, stores, { graph: FIRST });
    expect(place).toEqual({ status: 'more', after: idOf(24), people: 25 });
    // The first thing it meets, and so what the state machine retries.
    asked = Array.from({ length: 30 }, () => '');
    await expect(storeRolesAndPermissions(client, stores, { graph: place })).rejects.toThrow('failed');
    expect(await storeRolesAndPermissions(client, stores, { graph: place })).toMatchObject({
      people: PEOPLE,
    });
    expect(await world.rowsOf('pipedrive')).toHaveLength(PEOPLE);
  });

  it('reads everybody in turns where one night’s calls are not enough', async () => {
    const night = (day: number) => ({ ...stores, now: () => NOW + day * 86_400_000 });
    for (const day of [0, 1, 2]) {
      asked = [];
      await storeRolesAndPermissions(client, night(day), { graph: FIRST }, 25);
      expect(asked).toHaveLength(20);
    }
    expect(await world.rowsOf('pipedrive')).toHaveLength(PEOPLE);
  });
});
