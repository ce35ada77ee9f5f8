import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Hono } from 'hono';
import * as z from 'zod/mini';
import { APP_DESCRIPTIONS } from '../../functions/app-descriptions.ts';
import { limitVariable } from '../../functions/vendor/surface.ts';
import { startLoopbackServer } from '../../local/aws/loopback-server.ts';
import { startSecretsManager } from '../../local/aws/secrets-manager.ts';
import { COORDINATION_TABLE, IDENTITY_TABLE, startTables } from '../../local/aws/tables.ts';
import { simulatedBaseUrls, simulatedSecrets } from '../../local/runtime/simulated-surfaces.ts';
import { ANN, MARA } from '../../local/vendors/company.ts';
import { startDrift } from '../../local/vendors/drift.ts';
import { startPipedrive } from '../../local/vendors/pipedrive.ts';
import { RequestWindow } from '../../local/vendors/request-window.ts';
import { type Places, Scenario, type Seen } from './messages.ts';

// A process of its own: the simulated vendor with its documented limit in scaled time, and the stand-ins for AWS.
// node vendor.ts SCENARIO

const scenario = z.parse(Scenario, JSON.parse(process.argv[2] ?? '{}'));
const accessKeyId = randomUUID();
const folder = mkdtempSync(join(tmpdir(), 'tenure-hand-over-'));

const world = scenario.app === 'pipedrive' ? await startDeals(scenario) : await startContacts(scenario);
const { server } = world;
const limit = scaled(server.limits.rest);
server.allow('rest', limit);
if (server.limits.scim !== undefined) server.allow('scim', limit);
const tables = await startTables(accessKeyId);
const vendors = { [scenario.app]: server };
const secrets = await startSecretsManager(new Map(simulatedSecrets(vendors, 'guide')), accessKeyId);

const places: Places = {
  environment: {
    AWS_REGION: 'local',
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: randomUUID(),
    AWS_ENDPOINT_URL_DYNAMODB: tables.url,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: secrets.url,
    IDENTITY_TABLE,
    COORDINATION_TABLE,
    FILES_LOCATION: pathToFileURL(folder).href,
    POWERTOOLS_LOG_LEVEL: 'SILENT',
    ...Object.fromEntries(
      APP_DESCRIPTIONS[scenario.app].surfaces.map((surface) => [
        limitVariable(surface),
        JSON.stringify(limit),
      ]),
    ),
    ...simulatedBaseUrls(vendors, 'guide'),
  },
  ...world.people,
  peer: world.peer === undefined ? null : await world.peer(limit),
};
// What it takes to start and to fill the vendor does not count.
const beforeWork = process.cpuUsage();
process.on('message', () => process.send?.(seen()));
process.once('disconnect', () => {
  rmSync(folder, { recursive: true, force: true });
  process.exit();
});
process.send?.(places);

type Limit = typeof server.limits.rest;

function scaled({ capacity, windowMs, ...rest }: Limit): Limit {
  return { ...rest, capacity, windowMs: Math.round(windowMs / scenario.speed) };
}

function seen(): Seen {
  const entries = server.journal;
  const writes = entries.filter(({ method, status }) => method === 'PATCH' && status === 200);
  const paths = new Set(writes.map(({ path }) => path));
  return {
    calls: entries.length,
    writes: writes.length,
    writtenTwice: writes.length - paths.size,
    refused: entries.filter(({ status }) => status === 429).length,
    left: world.left(),
    cpuMs: cpuMsSince(beforeWork),
  };
}

function cpuMsSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

async function startDeals({ records, owned }: Scenario) {
  const server = await startPipedrive();
  const idOf = (email: string) => server.state.users.find((user) => user.email === email)?.id ?? 0;
  const [leaver, newOwner] = [idOf(ANN.email), idOf(MARA.email)];
  server.state.deals = Array.from({ length: records }, (_, index) => ({
    id: index + 1,
    title: `Deal ${index + 1}`,
    user_id: index < owned ? leaver : newOwner,
    status: 'open' as const,
  }));
  /** The same deals as Pipedrive's own client asks for them: https://developers.pipedrive.com/docs/api/v1/Deals */
  const peer = async (limit: { capacity: number; windowMs: number }) => {
    const window = new RequestWindow(limit, Date.now);
    const app = new Hono();
    app.use('*', async (context, next) => {
      if (window.take()) return next();
      return context.json({ success: false, error: 'request over limit', errorCode: 429 }, 429);
    });
    app.get('/deals', (context) => {
      const start = Number(context.req.query('cursor') ?? 0);
      const size = Number(context.req.query('limit'));
      const deals = server.state.deals.filter(
        ({ user_id, status }) => user_id === Number(context.req.query('owner_id')) && status === 'open',
      );
      const next_cursor = start + size < deals.length ? String(start + size) : null;
      const data = deals.slice(start, start + size);
      return context.json({ success: true, data, additional_data: { next_cursor } });
    });
    app.patch('/deals/:id', async (context) => {
      const deal = server.state.deals[Number(context.req.param('id')) - 1];
      if (deal === undefined) return context.json({ success: false }, 404);
      deal.user_id = z.parse(z.object({ owner_id: z.int() }), await context.req.json()).owner_id;
      return context.json({ success: true, data: deal });
    });
    const { url } = await startLoopbackServer(app.fetch);
    return { url, token: server.tokens.rest, windowMs: limit.windowMs };
  };
  return {
    server,
    peer,
    people: { leaverId: String(leaver), newOwnerId: String(newOwner), newOwnerEmail: MARA.email },
    left: () => server.state.deals.filter(({ user_id }) => user_id === leaver).length,
  };
}

async function startContacts({ records, owned }: Scenario) {
  const server = await startDrift();
  const idOf = (email: string) =>
    server.state.agents.find((agent) => agent.email.toLowerCase() === email.toLowerCase())?.id ?? 0;
  const [leaver, newOwner] = [idOf(ANN.email), idOf(MARA.email)];
  const every = Math.floor(records / owned);
  server.state.contacts = Array.from({ length: records }, (_, index) => ({
    id: index + 1,
    email: `contact-${index + 1}@customer.example`,
    ownerId: index % every === 0 && index < every * owned ? leaver : newOwner,
    attributes: {},
    createdAt: 1,
    updatedAt: index,
  }));
  return {
    server,
    peer: undefined,
    people: { leaverId: String(leaver), newOwnerId: String(newOwner), newOwnerEmail: MARA.email },
    left: () => server.state.contacts.filter(({ ownerId }) => ownerId === leaver).length,
  };
}
