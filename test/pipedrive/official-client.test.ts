import * as v1 from 'pipedrive/v1';
import * as v2 from 'pipedrive/v2';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ANN, MARA, type Person, ZOE } from '../../local/vendors/company.ts';
import { startPipedrive } from '../../local/vendors/pipedrive.ts';
import type { PipedriveState } from '../../local/vendors/pipedrive-state.ts';
import type { VendorServer } from '../../local/vendors/vendor-server.ts';
import { inLiveDialect, optionsFor } from '../contract-subject.ts';
import { byAddress } from '../new-owner.ts';
import { wholePipedrive } from './whole-client.ts';

// https://github.com/pipedrive/client-nodejs: what Pipedrive's own client can read and write, nobody here made up.

let server: VendorServer<PipedriveState>;

beforeAll(async () => {
  server = await startPipedrive();
});
afterAll(() => server.close());

it('Pipedrive’s own client reads and writes the simulator, and finds what tenure left there', {
  tags: 'slow',
}, async () => {
  server.expectStrangers();
  server.allow('rest', { capacity: 10_000, windowMs: 2_000 });
  const { origin } = new URL(server.liveBaseUrls.rest);
  const apiKey = server.tokens.rest;
  const users = new v1.UsersApi(new v1.Configuration({ apiKey, basePath: `${origin}/v1` }));
  const roles = new v1.RolesApi(new v1.Configuration({ apiKey, basePath: `${origin}/v1` }));
  const deals = new v2.DealsApi(new v2.Configuration({ apiKey, basePath: server.liveBaseUrls.rest }));
  const persons = new v2.PersonsApi(new v2.Configuration({ apiKey, basePath: server.liveBaseUrls.rest }));
  const found = async ({ email }: Person) => {
    const { data = [] } = await users.findUsersByName({ term: email, search_by_email: 1 });
    return data.find((user) => user.email === email);
  };
  const idOf = async (person: Person) =>
    (await found(person))?.id ?? expect.fail(`${person.email} is missing.`);
  const [ann, mara] = [await idOf(ANN), await idOf(MARA)];
  const dealsOf = async (owner_id: number) => {
    const ids: number[] = [];
    let cursor: string | undefined;
    do {
      const query = {
        owner_id,
        status: 'open',
        limit: 50,
        ...(cursor === undefined ? {} : { cursor }),
      } as const;
      const page = await deals.getDeals(query);
      ids.push(...(page.data ?? []).flatMap(({ id }) => id ?? []));
      cursor = page.additional_data?.next_cursor ?? undefined;
    } while (cursor !== undefined);
    return ids;
  };

  const before = await dealsOf(ann);
  expect(before).toHaveLength(104);
  // It writes: one deal is somebody else's before tenure comes.
  const [first = 0] = before;
  const moved = await deals.updateDeal({ id: first, UpdateDealRequest: { owner_id: mara } });
  expect(moved.data).toMatchObject({ id: first, owner_id: mara });
  const invited = await users.addUser({ AddUserRequest: { email: 'new.hire@northlight.example' } });
  expect(invited.data).toMatchObject({ email: 'new.hire@northlight.example', activated: false });

  const tenure = wholePipedrive(optionsFor(inLiveDialect(server)));
  await tenure.createUser(ZOE);
  const zoe = await idOf(ZOE);
  await tenure.assignRole(String(zoe), 'Account Executive');
  await tenure.deactivateUser(String(ann));
  await tenure.reassignDeals(String(ann), byAddress(MARA.email));
  await tenure.reassignContacts(String(ann), byAddress(MARA.email));

  expect(await dealsOf(ann)).toEqual([]);
  expect(await dealsOf(mara)).toHaveLength(104);
  expect((await persons.getPersons({ owner_id: mara })).data).toHaveLength(6);
  expect(await found(ANN)).toMatchObject({ active_flag: false });
  expect(await found(ZOE)).toMatchObject({ active_flag: true, activated: false });
  const { data: assigned } = await users.getUserRoleAssignments({ id: zoe });
  const { data: all = [] } = await roles.getRoles({});
  expect(assigned).toMatchObject([{ role_id: all.find(({ name }) => name === 'Account Executive')?.id }]);
});
