import { APPS } from '../../functions/shared/apps.ts';
import { startVendors } from '../../local/vendors/start-vendors.ts';

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
const { [app]: server } = await startVendors([app], leap);
if (server === undefined) throw new Error(`${app} was not started.`);
server.populate(Array.from({ length: Number(count) }, (_, index) => emailOf(index + 1)));
const { baseUrls, tokens, limits } = server;
process.send?.({ baseUrls, tokens, requestEveryMs: limits.rest.windowMs / limits.rest.capacity });

/** The address of an account; the roster in table.ts has the same. */
function emailOf(number: number): string {
  return `person.${number}@northlight.example`;
}
