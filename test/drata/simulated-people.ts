import { liveId } from '../../local/vendors/drata-live.ts';
import { accountOf, LEFT_AT, plantedId, type SimulatedPeople, textOf, turnOf } from '../simulated-people.ts';

export const drataPeople: SimulatedPeople = {
  accounts: ({ drata }) =>
    drata.state.personnel.map(({ id, firstName, lastName, email, isActive }) => ({
      ids: [id, String(liveId(id))],
      ...{ name: `${firstName} ${lastName}`, email, isOpen: isActive },
    })),
  plant: ({ drata: { state } }, { name, email, isOpen }) => {
    const [seeded] = state.personnel;
    const [firstName = '', lastName = ''] = name.split(' ');
    if (seeded === undefined) throw new Error('Drata is not seeded.');
    const id = plantedId();
    state.personnel.push({
      ...seeded,
      ...{ id, firstName, lastName, email },
      externalId: null,
      isActive: isOpen,
      endDate: isOpen ? null : LEFT_AT.slice(0, 10),
    });
  },
  change: ({ drata }, name, { isOpen, name: newName, email }) => {
    const found = accountOf(drata.state.personnel, (one) => `${one.firstName} ${one.lastName}` === name);
    const [firstName = '', lastName = ''] = (newName ?? name).split(' ');
    Object.assign(found, { firstName, lastName, email: email ?? found.email });
    if (isOpen !== undefined) found.isActive = isOpen;
  },
  invitations: () => [],
  writeOf: ({ method, path, body }) => {
    if (method === 'POST' && path === '/personnel') return { names: textOf(body, 'email'), verb: 'create' };
    const [, id] = /^\/personnel\/([^/]+)$/.exec(path) ?? [];
    if (method !== 'PATCH' || id === undefined) return null;
    return { names: id, verb: turnOf(body, 'isActive') };
  },
  forget: ({ drata: { state } }, isTheirs) => {
    state.personnel = state.personnel.filter(
      ({ firstName, lastName }) => !isTheirs(`${firstName} ${lastName}`),
    );
  },
};
