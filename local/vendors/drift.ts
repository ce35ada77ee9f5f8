import * as z from 'zod/mini';
import { sameEmail } from '../../functions/shared/email.ts';
import type { Dialect } from '../../functions/vendor/dialect.ts';
import { ANN, COLLEAGUES, colleague, MARA, OLOF, PETRA, type Person, STAFF } from './company.ts';
import { accountOf, copiesOf, LEFT } from './planted.ts';
import type { RequestWindow } from './request-window.ts';
import { opaqueId, refuseScim, type ScimRecord, scimRoutes } from './scim-routes.ts';
import { readBody, type VendorApp, type VendorContext } from './vendor-app.ts';
import { nextId, startVendorServer, type VendorServer, type World } from './vendor-server.ts';

// Drift as its guide describes it: https://www.stitchflow.com/user-management/drift/api

export type DriftAgent = {
  id: number;
  /** The id that SCIM gives the agent. It cannot be derived from the REST id. */
  scimId: string;
  name: string;
  email: string;
  role: 'admin' | 'agent';
  /** Whether the agent has a seat. */
  active: boolean;
  /** HR's number, which only SCIM shows. */
  externalId?: string | null;
};

export type DriftContact = {
  id: number;
  email: string;
  /** The id of an agent, who may have lost the seat or been deleted since. */
  ownerId: number | null;
  attributes: Record<string, unknown>;
  /** In epoch milliseconds, as `updatedAt`. */
  createdAt: number;
  updatedAt: number;
};

/** A customer's company; only today's API has them. */
export type DriftCustomer = { accountId: string; name: string; ownerId: number | null };

export type DriftState = {
  agents: DriftAgent[];
  contacts: DriftContact[];
  customers: DriftCustomer[];
  /** The attributes that were declared in Drift's settings. */
  declaredAttributes: string[];
  /** Addresses of agents that were deleted; none of them is ever provisioned again. */
  deletedAddresses: string[];
  /** Addresses for which an agent was provisioned. */
  provisioned: string[];
  /** Whether SCIM compares userName with case. */
  scimComparesCase: boolean;
  nextId: number;
};

const DEFAULT_LIMIT = 25;
const MAX_LIMIT = 100;
// For each token, and each surface has its own. The guide says that larger plans have more, without a number.
const LIMIT = { capacity: 200, windowMs: 60_000 };
const HOUR_MS = 3_600_000;
const SEEDED_AT = Date.UTC(2026, 0, 5);

const ContactFields = z.object({
  email: z.optional(z.string().check(z.minLength(3))),
  ownerId: z.optional(z.nullable(z.int())),
  attributes: z.optional(z.record(z.string(), z.unknown())),
});
type ContactFields = z.infer<typeof ContactFields>;

/** Starts Drift, REST and SCIM, on a free loopback port. */
export function startDrift(now?: () => number): Promise<VendorServer<DriftState>> {
  return startVendorServer<DriftState>(
    {
      vendor: 'drift',
      seed,
      accounts: ({ agents }) =>
        agents.map(({ id, scimId, email, active }) => ({
          vendorUserId: String(id),
          otherId: `scim:${scimId}`,
          email,
          isOpen: active,
        })),
      populate: (state, emails) => {
        state.contacts = [];
        state.customers = [];
        state.agents = copiesOf(state.agents, emails, (number) => ({ id: number, scimId: `scim-${number}` }));
      },
      discrepancies: {
        roster: [
          // This account was not known when the leaver was offboarded.
          {
            person: colleague(2),
            changes: { ...LEFT, reassignTo: MARA.email, vendorUserId: null, otherId: null },
          },
          // She was never invited, although she should have been.
          { person: colleague(120), changes: {} },
        ],
        plant: ({ agents, contacts, customers }) => {
          const { id } = accountOf(agents, PETRA);
          for (const owned of [...contacts.slice(0, 2), ...customers.slice(0, 2)]) owned.ownerId = id;
        },
      },
      // Access tokens do expire: https://devdocs.drift.com/docs/authentication-and-scopes
      oauth: {
        authorizePath: '/authorize',
        tokenPath: '/oauth2/token',
        clientAuthentication: 'request body',
        lifetimeMs: 2 * HOUR_MS,
        rotates: false,
      },
      rest: {
        prefix: '',
        limit: LIMIT,
        // Drift answers 403, not 401.
        refuseToken: (context) => refuse(context, 403, 'access denied'),
        refuseRate: (context) => refuse(context, 429, 'too many requests'),
        rateHeaders,
        routes: restRoutes,
      },
      scim: {
        prefix: '/scim/v2',
        limit: LIMIT,
        refuseToken: (context) => refuseScim(context, 401, 'unauthorized'),
        refuseRate: (context) => refuseScim(context, 429, 'too many requests'),
        rateHeaders,
        routes: (app, world) => agentRoutes(app, world, 'guide'),
      },
      live: {
        rest: [
          {
            prefix: '',
            limit: LIMIT,
            refuseToken: (context) => refuse(context, 403, 'access denied'),
            refuseRate: (context) => refuse(context, 429, 'too many requests'),
            rateHeaders,
            routes: liveRoutes,
          },
        ],
        scim: {
          prefix: '/scim',
          limit: LIMIT,
          refuseToken: (context) => refuseScim(context, 401, 'unauthorized'),
          refuseRate: (context) => refuseScim(context, 429, 'too many requests'),
          rateHeaders,
          routes: (app, world) => agentRoutes(app, world, 'live'),
        },
      },
    },
    now,
  );
}

function restRoutes(app: VendorApp, world: World<DriftState>): void {
  const seatHolders = () => world.state.agents.filter(({ active }) => active);
  const contactOf = (context: VendorContext) =>
    world.state.contacts.find(({ id }) => id === Number(context.req.param('id')));
  const contactWithEmail = (email: string) =>
    world.state.contacts.find((contact) => sameEmail(contact.email, email));
  const isRefusedOwner = ({ ownerId }: ContactFields) =>
    ownerId !== undefined && ownerId !== null && !seatHolders().some(({ id }) => id === ownerId);

  app.get('/users', (context) => context.json({ data: seatHolders().map(representAgent) }));

  app.get('/users/:id', (context) => {
    const agent = seatHolders().find(({ id }) => id === Number(context.req.param('id')));
    return agent === undefined
      ? refuse(context, 404, 'user not found')
      : context.json({ data: representAgent(agent) });
  });

  app.on(['POST', 'PUT', 'PATCH', 'DELETE'], ['/users', '/users/:id'], (context) =>
    refuse(context, 405, 'method not allowed'),
  );

  app.get('/contacts', (context) => page(context, world.state.contacts));

  app.get('/contacts/by_email', (context) => {
    // This compares the case, as the guide does not say; POST ignores it, because an address must be unique there.
    const contact = world.state.contacts.find(({ email }) => email === context.req.query('email'));
    return contact === undefined
      ? refuse(context, 404, 'contact not found')
      : context.json({ data: contact });
  });

  app.get('/contacts/:id', (context) => {
    const contact = contactOf(context);
    return contact === undefined
      ? refuse(context, 404, 'contact not found')
      : context.json({ data: contact });
  });

  app.post('/contacts', async (context) => {
    const fields = await readFields(context);
    if (fields?.email === undefined) return refuse(context, 400, 'email is required');
    if (isRefusedOwner(fields)) return refuse(context, 400, 'ownerId is not an active user');
    const known = contactWithEmail(fields.email);
    // A known address is no error: its contact is changed, and only the id shows it.
    if (known !== undefined) return context.json({ data: update(world, known, fields) });
    const contact: DriftContact = {
      id: nextId(world),
      email: fields.email,
      ownerId: null,
      attributes: {},
      createdAt: world.now(),
      updatedAt: world.now(),
    };
    world.state.contacts.push(contact);
    return context.json({ data: update(world, contact, fields) });
  });

  app.patch('/contacts/:id', async (context) => {
    const contact = contactOf(context);
    if (contact === undefined) return refuse(context, 404, 'contact not found');
    const fields = await readFields(context);
    if (fields === undefined) return refuse(context, 400, 'the body is not a contact');
    if (isRefusedOwner(fields)) return refuse(context, 400, 'ownerId is not an active user');
    const holder = fields.email === undefined ? undefined : contactWithEmail(fields.email);
    if (holder !== undefined && holder !== contact) return refuse(context, 400, 'email is taken');
    return context.json({ data: update(world, contact, fields) });
  });

  app.delete('/contacts/:id', (context) => {
    const contact = contactOf(context);
    if (contact === undefined) return refuse(context, 404, 'contact not found');
    world.state.contacts = world.state.contacts.filter((other) => other !== contact);
    return context.json({ data: { id: contact.id } });
  });
}

const LiveContact = z.object({ attributes: z.record(z.string(), z.unknown()) });
const CustomerChanges = z.object({ accountId: z.string(), ownerId: z.optional(z.int()) });

/** Drift as it answers today: https://devdocs.drift.com/docs/platform-apis */
function liveRoutes(app: VendorApp, world: World<DriftState>): void {
  const seatHolders = () => world.state.agents.filter(({ active }) => active);
  const agentOf = (id: string | undefined) => seatHolders().find((agent) => String(agent.id) === id);
  const contactOf = (context: VendorContext) =>
    world.state.contacts.find(({ id }) => String(id) === context.req.param('id'));
  const represent = ({ id, email, attributes, createdAt }: DriftContact) => ({
    ...{ id, createdAt, attributes: { ...attributes, email } },
  });
  const readContact = async (context: VendorContext): Promise<ContactFields | undefined> => {
    const body = z.safeParse(LiveContact, await readBody(context));
    if (!body.success) return undefined;
    const { email, ...attributes } = body.data.attributes;
    return { attributes, ...(typeof email === 'string' ? { email } : {}) };
  };

  // A map by id, of those who are asked for.
  app.get('/users', (context) => {
    const agents = (context.req.queries('userId') ?? []).flatMap((id) => agentOf(id) ?? []);
    return context.json({
      data: Object.fromEntries(agents.map((agent) => [agent.id, representAgent(agent)])),
    });
  });

  app.get('/users/list', (context) =>
    context.json({
      data: [
        { id: 1, name: 'Drift Bot', email: null, role: 'member', bot: true },
        ...seatHolders().map((agent) => ({ ...representAgent(agent), bot: false })),
      ],
    }),
  );

  app.get('/users/:id', (context) => {
    const agent = agentOf(context.req.param('id'));
    return agent === undefined
      ? refuse(context, 404, 'user not found')
      : context.json({ data: representAgent(agent) });
  });

  app.get('/contacts', (context) => {
    const { email, limit = '1', start = '0' } = context.req.query();
    // What it answers without an address is not known.
    if (email === undefined) return refuse(context, 400, 'email is required');
    const all = world.state.contacts.filter((contact) => sameEmail(contact.email, email));
    const end = Number(start) + Number(limit);
    const rest = new URLSearchParams({ email, limit, start: String(end) });
    const link = { Link: `<${new URL(context.req.url).origin}/contacts?${rest}>; rel="next"` };
    const data = all.slice(Number(start), end).map(represent);
    return context.json({ data }, 200, end < all.length ? link : {});
  });

  app.get('/contacts/:id', (context) => {
    const contact = contactOf(context);
    return contact === undefined
      ? refuse(context, 404, 'contact not found')
      : context.json({ data: represent(contact) });
  });

  app.post('/contacts', async (context) => {
    const fields = await readContact(context);
    const { email } = fields ?? {};
    if (fields === undefined || email === undefined) return refuse(context, 400, 'email is required');
    if (world.state.contacts.some((contact) => sameEmail(contact.email, email)))
      return refuse(context, 409, 'email is taken');
    const at = world.now();
    const contact = { id: nextId(world), email, ownerId: null, attributes: {}, createdAt: at, updatedAt: at };
    world.state.contacts.push(contact);
    return context.json({ data: represent(update(world, contact, fields)) });
  });

  app.patch('/contacts/:id', async (context) => {
    const contact = contactOf(context);
    if (contact === undefined) return refuse(context, 404, 'contact not found');
    // What is no attribute is ignored, an owner too.
    const fields = (await readContact(context)) ?? {};
    return context.json({ data: represent(update(world, contact, fields)) });
  });

  app.get('/accounts', (context) => {
    const { index = '0', size = '10' } = context.req.query();
    const start = Number(index);
    if (Number(size) > 65) return refuse(context, 400, 'size must be 65 at most');
    const { customers } = world.state;
    const accounts = customers.slice(start, start + Number(size));
    return context.json({ data: { accounts, total: accounts.length } });
  });

  app.get('/accounts/:id', (context) => {
    const customer = world.state.customers.find(({ accountId }) => accountId === context.req.param('id'));
    return customer === undefined
      ? refuse(context, 404, 'account not found')
      : context.json({ data: customer });
  });

  app.patch('/accounts/update', async (context) => {
    const body = z.safeParse(CustomerChanges, await readBody(context));
    if (!body.success) return refuse(context, 400, 'the body is not an account');
    const { accountId, ownerId } = body.data;
    const customer = world.state.customers.find((one) => one.accountId === accountId);
    if (customer === undefined) return refuse(context, 404, 'account not found');
    if (ownerId !== undefined && agentOf(String(ownerId)) === undefined)
      return refuse(context, 400, 'ownerId is not an active user');
    customer.ownerId = ownerId ?? customer.ownerId;
    return context.json({ data: customer });
  });
}

function agentRoutes(app: VendorApp, world: World<DriftState>, dialect: Dialect): void {
  const represent = ({ scimId, email, active, name, externalId }: DriftAgent): ScimRecord => ({
    id: scimId,
    userName: email,
    ...{ active, name, externalId },
  });
  const isRefused = (address: string, exceptId?: string) =>
    world.state.deletedAddresses.some((deleted) => sameEmail(deleted, address)) ||
    world.state.agents.some(({ scimId, email }) => scimId !== exceptId && sameEmail(email, address));

  scimRoutes(
    app,
    {
      // Whoever is deactivated is gone today, and the address stays taken.
      list: () => world.state.agents.filter(({ active }) => active || dialect === 'guide').map(represent),
      comparesCase: () => world.state.scimComparesCase,
      create: ({ userName, name, active, externalId }) => {
        if (isRefused(userName)) return 'taken';
        const id = nextId(world);
        const agent: DriftAgent = {
          id,
          scimId: opaqueId(`${id} ${userName}`),
          name,
          email: userName,
          role: 'agent',
          active,
          externalId,
        };
        world.state.agents.push(agent);
        world.state.provisioned.push(userName);
        return represent(agent);
      },
      change: (id, { userName, name }) => {
        if (userName !== undefined && isRefused(userName, id)) return 'taken';
        const agent = world.state.agents.find(({ scimId }) => scimId === id);
        if (agent === undefined) return undefined;
        agent.email = userName ?? agent.email;
        agent.name = name ?? agent.name;
        return undefined;
      },
      setActive: (id, active) => {
        for (const agent of world.state.agents) if (agent.scimId === id) agent.active = active;
      },
      remove: (id) => {
        const removed = world.state.agents.filter(({ scimId }) => scimId === id);
        world.state.agents = world.state.agents.filter(({ scimId }) => scimId !== id);
        world.state.deletedAddresses.push(...removed.map(({ email }) => email));
      },
    },
    {
      ...{ patchAnswer: 200, booleansAsText: true, longestPage: 20, itemsPerPageIsZero: true },
      ...(dialect === 'live' ? { patchTakesUser: true, createAnswer: 200 } : {}),
    },
  );
  // Without this, REST would answer for paths that SCIM does not know.
  app.all('*', (context) => refuseScim(context, 404, 'no such resource'));
}

function page(context: VendorContext, contacts: readonly DriftContact[]): Response {
  const limit = Number(context.req.query('limit') ?? DEFAULT_LIMIT);
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_LIMIT)
    return refuse(context, 400, `limit must be from 1 to ${MAX_LIMIT}`);
  const start = readCursor(context.req.query('next'));
  if (start === undefined) return refuse(context, 400, 'next is not a cursor');
  // Ordered by the last change, so a contact that is changed between two pages moves the others up.
  const sorted = contacts.toSorted((a, b) => a.updatedAt - b.updatedAt || a.id - b.id);
  const end = start + limit;
  const next = end < sorted.length ? { next: writeCursor(end) } : {};
  return context.json({ data: sorted.slice(start, end), ...next });
}

function writeCursor(position: number): string {
  return Buffer.from(`position ${position}`).toString('base64url');
}

function readCursor(cursor: string | undefined): number | undefined {
  if (cursor === undefined) return 0;
  const position = Buffer.from(cursor, 'base64url')
    .toString()
    .match(/^position (\d+)$/)?.[1];
  return position === undefined ? undefined : Number(position);
}

async function readFields(context: VendorContext): Promise<ContactFields | undefined> {
  return z.safeParse(ContactFields, await readBody(context)).data;
}

function update(world: World<DriftState>, contact: DriftContact, fields: ContactFields): DriftContact {
  if (fields.email !== undefined) contact.email = fields.email;
  if (fields.ownerId !== undefined) contact.ownerId = fields.ownerId;
  // An undeclared attribute is dropped, and the answer does not say so.
  const declared = Object.entries(fields.attributes ?? {}).filter(([name]) =>
    world.state.declaredAttributes.includes(name),
  );
  Object.assign(contact.attributes, Object.fromEntries(declared));
  contact.updatedAt = world.now();
  return contact;
}

function representAgent({ id, name, email, role }: DriftAgent): object {
  return { id, name, email, role };
}

function refuse(
  context: VendorContext,
  status: 400 | 403 | 404 | 405 | 409 | 429,
  message: string,
): Response {
  return context.json({ error: { message } }, status);
}

function rateHeaders(window: RequestWindow): Record<string, string> {
  // The guide says that there are headers, but not their names.
  return { 'X-Drift-Quota-Left': String(Math.max(0, window.remaining)) };
}

function seed(): DriftState {
  const [bystander = MARA] = COLLEAGUES;
  const leftOut = COLLEAGUES.slice(COLLEAGUES.length / 2);
  const staff = STAFF.filter((person) => !leftOut.includes(person));
  const agents = staff.map((person, index): DriftAgent => {
    const id = 228_001 + index;
    return {
      id,
      scimId: opaqueId(`${id} ${person.email}`),
      name: `${person.firstName} ${person.lastName}`,
      email: person === MARA ? 'Mara.Lindqvist@Northlight.example' : person.email,
      role: person === OLOF ? 'admin' : 'agent',
      active: person !== PETRA,
    };
  });
  const idOf = (person: Person) => agents[staff.indexOf(person)]?.id ?? null;
  // Two pages of a hundred, and Ann owns some on each.
  const ownerIdOf = (index: number) => {
    if (index % 15 === 7) return idOf(ANN);
    if (index % 5 === 0) return idOf(MARA);
    return index % 3 === 0 ? idOf(bystander) : null;
  };
  const contacts = Array.from(
    { length: 130 },
    (_, index): DriftContact => ({
      id: 5001 + index,
      email: index === 6 ? 'Visitor.7@Customer.example' : `visitor.${index + 1}@customer.example`,
      ownerId: ownerIdOf(index),
      attributes: { name: `Visitor ${index + 1}` },
      createdAt: SEEDED_AT + index,
      updatedAt: SEEDED_AT + index,
    }),
  );
  // Two pages of sixty-five.
  const customers = Array.from(
    { length: 80 },
    (_, index): DriftCustomer => ({
      accountId: `44_customer-${index + 1}.example`,
      name: `Customer ${index + 1}`,
      ownerId: ownerIdOf(index),
    }),
  );
  return {
    agents,
    contacts,
    customers,
    declaredAttributes: ['name', 'phone', 'company', 'title'],
    deletedAddresses: [],
    provisioned: [],
    scimComparesCase: false,
    nextId: 900_000,
  };
}
