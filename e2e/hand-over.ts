import assert from 'node:assert/strict';
import { ANN, MARA } from '../local/vendors/company.ts';
import type { Scene } from './scene.ts';

const CONTACTS = 650;

/** Gives a leaver more contacts in Pipedrive than one invocation hands over; the offboarding comes afterwards. */
export function giveManyContacts({ company }: Scene): void {
  const { persons, users } = company.vendors.pipedrive.state;
  const ann = users.find(({ email }) => email === ANN.email);
  assert(ann !== undefined);
  for (let number = 0; number < CONTACTS; number += 1)
    persons.push({ id: 700_000 + number, title: `Contact ${number}`, user_id: ann.id });
}

/** All of them are the new owner's, each was written once, and the report counts them. */
export function assertHandedOver({ company }: Scene, changes: readonly object[]): void {
  const { users, persons } = company.vendors.pipedrive.state;
  const idOf = (address: string) => users.find(({ email }) => email === address)?.id;
  assert.deepEqual(
    persons.filter(({ user_id }) => user_id === idOf(ANN.email)),
    [],
  );
  assert(persons.filter(({ user_id }) => user_id === idOf(MARA.email)).length >= CONTACTS);
  const writes = company.writes().filter((line) => line.startsWith('pipedrive PATCH /persons/'));
  assert.equal(new Set(writes).size, writes.length);
  assert(writes.length >= CONTACTS);
  const counted = changes.find((change) => 'what' in change && change.what === 'contacts reassigned');
  assert.deepEqual(counted, {
    what: 'contacts reassigned',
    ...{ initial: writes.length, moved: writes.length, gone: 0, refused: 0, remaining: 0 },
    newOwner: String(idOf(MARA.email)),
  });
}
