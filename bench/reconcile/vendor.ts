import { APPS, type App } from '../../functions/shared/apps.ts';
import { startVendors, type VendorServers } from '../../local/vendors/start-vendors.ts';

// A process of its own: one app's server with so many accounts, and no limit.
// node vendor.ts APP ACCOUNTS

const [name, count] = process.argv.slice(2);
const app = APPS.find((candidate) => candidate === name);
if (app === undefined) throw new Error(`${name} is no app.`);

// A clock that leaps makes every request the first in its window, and in its day.
let clock = Date.now();
const leap = () => {
  clock += 20_000;
  return clock;
};
const servers = await startVendors([app], leap);
fill(servers, app, Number(count));
const server = servers[app];
process.send?.({ baseUrls: server?.baseUrls, tokens: server?.tokens });

/** The address of an account; the roster in table.ts has the same. */
function emailOf(number: number): string {
  return `person.${number}@northlight.example`;
}

function fill(vendors: Partial<VendorServers>, filled: App, accounts: number): void {
  const numbers = Array.from({ length: accounts }, (_, index) => index + 1);
  const { pipedrive, drata, salesloft, drift, driftwood } = vendors;
  if (filled === 'pipedrive' && pipedrive !== undefined) {
    const [first] = pipedrive.state.users;
    if (first === undefined) return;
    Object.assign(pipedrive.state, { roleAssignments: [], deals: [], activities: [], persons: [] });
    pipedrive.state.users = numbers.map((number) => ({ ...first, id: number, email: emailOf(number) }));
  }
  if (filled === 'drata' && drata !== undefined) {
    const [first] = drata.state.personnel;
    if (first === undefined) return;
    drata.state.personnel = numbers.map((number) => ({
      ...first,
      id: String(number),
      email: emailOf(number),
    }));
  }
  if (filled === 'salesloft' && salesloft !== undefined) {
    const [first] = salesloft.state.users;
    if (first === undefined) return;
    salesloft.state.users = numbers.map((number) => ({ ...first, id: number, email: emailOf(number) }));
  }
  if (filled === 'drift' && drift !== undefined) {
    const [first] = drift.state.agents;
    if (first === undefined) return;
    drift.state.contacts = [];
    drift.state.agents = numbers.map((number) => ({
      ...first,
      id: number,
      scimId: `scim-${number}`,
      email: emailOf(number),
    }));
  }
  if (filled === 'driftwood' && driftwood !== undefined) {
    const [first] = driftwood.state.users;
    if (first === undefined) return;
    driftwood.state.users = numbers.map((number) => ({
      ...first,
      id: String(number),
      email: emailOf(number),
    }));
  }
}
