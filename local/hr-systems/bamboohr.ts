import { createHmac, randomBytes } from 'node:crypto';
import { Hono } from 'hono';
import { startLoopbackServer } from '../aws/loopback-server.ts';
import { type HrPerson, type HrWebhook, hrRecords } from './people.ts';

// https://documentation.bamboohr.com: ids only in webhooks, a creation told as an update too, fields that the user may
// not see left out without a word, names that are not known ignored.

const PAGE = 250;

/** A BambooHR on loopback, with one company. @param now in epoch milliseconds */
export async function startBambooHr(now: () => number = Date.now) {
  const apiKey = randomBytes(20).toString('hex');
  const privateKey = randomBytes(24).toString('hex');
  const hidden = new Set<string>();
  const webhooks: HrWebhook[] = [];
  const records = hrRecords(now, (kind, id) => {
    const body = JSON.stringify({
      type: `employee.${kind}`,
      timestamp: new Date(now()).toISOString().replace(/\.\d+Z$/, '+0000'),
      data: { companyId: '12345', employeeId: id, changedFields: [] },
    });
    webhooks.push(signed(body));
  });
  const signed = (body: string): HrWebhook => {
    const timestamp = String(Math.floor(now() / 1000));
    const signature = createHmac('sha256', privateKey)
      .update(body + timestamp)
      .digest('hex');
    return {
      path: '/webhooks/bamboohr',
      headers: {
        'content-type': 'application/json',
        'x-bamboohr-timestamp': timestamp,
        'x-bamboohr-signature': signature,
      },
      body,
    };
  };
  let refusals = 0;

  const shown = (person: HrPerson, withFuture: boolean): Record<string, unknown> => {
    const lastDay = person.lastDay ?? (withFuture ? (records.futureLastDay(person.id) ?? null) : null);
    return {
      employeeNumber: person.number,
      firstName: person.firstName,
      lastName: person.lastName,
      workEmail: person.workEmail ?? '',
      jobTitle: person.title,
      department: person.department,
      location: person.location,
      employmentHistoryStatus: person.type,
      supervisorEId: person.managerId ?? '',
      hireDate: person.startDate,
      terminationDate: lastDay ?? '0000-00-00',
      status: person.lastDay !== null && person.lastDay < records.today() ? 'Inactive' : 'Active',
    };
  };

  const app = new Hono();
  app.use(async (context, next) => {
    records.settle();
    const expected = `Basic ${Buffer.from(`${apiKey}:x`).toString('base64')}`;
    if (context.req.header('authorization') !== expected) return context.text('', 401);
    if (refusals > 0) {
      refusals -= 1;
      return context.text('', 429, { 'retry-after': '1' });
    }
    return next();
  });
  app.get('/api/v1/employees/changed', (context) => {
    const since = Date.parse(context.req.query('since') ?? '');
    if (Number.isNaN(since)) return context.text('', 400);
    const employees = records.changedSince(since).map(([id, { at, action }]) => {
      return [id, { id, action, lastChanged: new Date(at).toISOString() }];
    });
    // An empty list is an array: PHP.
    return context.json({
      latest: new Date(now()).toISOString(),
      employees: employees.length === 0 ? [] : Object.fromEntries(employees),
    });
  });
  app.get('/api/v1/employees/:id', (context) => {
    const person = records.find(context.req.param('id'));
    if (person === undefined) return context.text('', 404);
    const fields = (context.req.query('fields') ?? '').split(',');
    const all = shown(person, context.req.query('onlyCurrent') === 'false');
    const told = Object.entries(all).filter(([name]) => fields.includes(name) && !hidden.has(name));
    return context.json({ id: person.id, ...Object.fromEntries(told) });
  });
  app.get('/api/v1/employees', (context) => {
    const all = records.all();
    const from = Number(context.req.query('page[after]') ?? 0);
    const limit = Number(context.req.query('page[limit]') ?? PAGE);
    const data = all.slice(from, from + limit).map((person) => {
      const { firstName, lastName, jobTitle, status, ...rest } = shown(person, false);
      const fields = (context.req.query('fields') ?? '').split(',');
      const more = Object.entries(rest).filter(([name]) => fields.includes(name));
      const shownFields = more.map(([name, value]) => [name, hidden.has(name) ? null : value]);
      return {
        ...{ employeeId: person.id, firstName, lastName, jobTitleName: jobTitle, status },
        ...Object.fromEntries(shownFields),
        _restrictedFields: more.map(([name]) => name).filter((name) => hidden.has(name)),
      };
    });
    const next = from + limit < all.length ? String(from + limit) : null;
    return context.json({ data, meta: { total: all.length, page: { nextCursor: next } } });
  });
  const server = await startLoopbackServer(app.fetch);
  return {
    ...server,
    /** Answers without the network, for whoever asks thousands of times. */
    answer: async (url: string, init: RequestInit) => app.fetch(new Request(url, init)),
    records,
    secret: JSON.stringify({ companyDomain: 'northlight', apiKey }),
    webhookSecret: JSON.stringify({ privateKeys: [privateKey] }),
    /** Hides fields from the user of the API, as permissions do. */
    hide: (...fields: string[]) => {
      for (const field of fields) hidden.add(field);
    },
    /** Refuses the next requests for the rate limit. */
    refuseNext: (count: number) => {
      refusals = count;
    },
    /** The webhooks since the last call. */
    takeWebhooks: () => {
      records.settle();
      return webhooks.splice(0);
    },
    signed,
  };
}
export type BambooHrServer = Awaited<ReturnType<typeof startBambooHr>>;
