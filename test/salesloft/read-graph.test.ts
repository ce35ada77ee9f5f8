import { afterEach, beforeEach, expect, it } from 'vitest';
import { storeRolesAndGroups } from '../../functions/salesloft/read-graph.ts';
import { type GraphWorld, graphInput, startGraphWorld } from '../reconciliation/graph-stores.ts';

let world: GraphWorld;

beforeEach(async () => {
  world = await startGraphWorld();
});
afterEach(() => world.close());

it('SalesLoft’s graph has the role, and the groups from the own one up to the top', async () => {
  const listGroups = async () => [
    { id: '10', name: 'West', parentId: null },
    { id: '11', name: 'Enterprise', parentId: '10' },
  ];
  await world.employ('salesloft', 'E-1', '1');
  await world.employ('salesloft', 'E-2', '2');
  await world.employ('salesloft', 'E-3', '3');
  await world.stage('salesloft', [
    { id: '1', role: 'User', groupId: '11' },
    { id: '2', role: null, groupId: null },
    { id: '3', groupId: '99' },
    { id: '4', role: 'Admin', groupId: '10' },
  ]);
  expect(await storeRolesAndGroups({ listGroups }, world.stores, graphInput('salesloft'))).toMatchObject({
    people: 3,
  });
  expect(await world.rowsOf('salesloft')).toMatchObject([
    {
      roles: ['User'],
      groups: [
        { id: '11', name: 'Enterprise' },
        { id: '10', name: 'West' },
      ],
    },
    { roles: [], groups: [] },
    // A group that the tree does not have.
    { roles: [], groups: [{ id: '99', name: '99' }] },
  ]);
});
