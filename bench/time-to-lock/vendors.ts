import * as z from 'zod/mini';
import { APPS } from '../../functions/shared/apps.ts';
import {
  allowSetLimits,
  simulatedBaseUrls,
  simulatedSecrets,
} from '../../local/runtime/simulated-surfaces.ts';
import { allSimulated, startVendors } from '../../local/vendors/start-vendors.ts';
import { leaverEmail, NEW_OWNER, Order, type Request, type Shut } from './messages.ts';

// A process of its own: the servers of all apps, where every answer takes a while. It looks at their accounts, and
// tells when a login is shut there: not what tenure says, but what the vendor has.
// node vendors.ts ACCOUNTS LATENCY_MS

const LOOK_EVERY_MS = 20;
// setTimeout takes no longer time: 24 days.
const NEVER_MS = 2 ** 31 - 1;

const [accounts, latencyMs] = z.parse(z.tuple([z.string(), z.string()]), process.argv.slice(2)).map(Number);
const servers = allSimulated(await startVendors());
allowSetLimits(servers);
const emails = [NEW_OWNER, ...Array.from({ length: accounts ?? 0 }, (_, number) => leaverEmail(number))];
for (const server of Object.values(servers)) {
  server.populate(emails);
  server.inject({ delayMs: latencyMs ?? 0 });
}
const open = new Map(APPS.map((app) => [app, new Set(emails)]));
setInterval(look, LOOK_EVERY_MS);
// Whoever stops the benchmark leaves nothing running.
process.once('disconnect', () => process.exit());
process.on('message', (message) => obey(z.parse(Order, message)));
process.send?.({
  vendors: { baseUrls: simulatedBaseUrls(servers, 'guide'), secrets: simulatedSecrets(servers, 'guide') },
});

function look(): void {
  const at = Date.now();
  const shut = APPS.flatMap((app): Shut[] => {
    const stillOpen = open.get(app) ?? new Set();
    const closed = servers[app].accounts().filter(({ email, isOpen }) => !isOpen && stillOpen.delete(email));
    return closed.map(({ email }) => ({ app, email, at }));
  });
  if (shut.length > 0) process.send?.({ shut });
}

function obey(order: Order): void {
  if (order.order === 'requests') {
    process.send?.({ requests: requests() });
    return;
  }
  servers[order.app].heal();
  servers[order.app].inject({ delayMs: NEVER_MS });
  process.send?.({ hangs: order.app });
}

function requests(): Request[] {
  return APPS.flatMap((app) =>
    servers[app].journal.map(({ surface, method, path, query, body, at }) => ({
      ...{ app, surface, method, path, query, body },
      at: performance.timeOrigin + at,
    })),
  );
}
