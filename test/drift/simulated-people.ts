import { accountOf, plantedId, type SimulatedPeople, scimWrite } from '../simulated-people.ts';

export const driftPeople: SimulatedPeople = {
  accounts: ({ drift }) =>
    drift.state.agents.map(({ id, scimId, name, email, active }) => ({
      // The last one is what is known of an agent without a seat.
      ids: [String(id), scimId, `scim:${scimId}`],
      ...{ name, email, isOpen: active },
    })),
  plant: ({ drift: { state } }, { name, email, isOpen }) => {
    state.nextId += 1;
    const scimId = plantedId();
    state.agents.push({ id: state.nextId, scimId, name, email, role: 'agent', active: isOpen });
  },
  change: ({ drift }, name, { isOpen, ...changes }) =>
    Object.assign(
      accountOf(drift.state.agents, (agent) => agent.name === name),
      changes,
      isOpen === undefined ? {} : { active: isOpen },
    ),
  invitations: ({ drift }) => drift.state.provisioned,
  writeOf: scimWrite,
  forget: ({ drift: { state } }, isTheirs) => {
    state.agents = state.agents.filter(({ name }) => !isTheirs(name));
  },
};
