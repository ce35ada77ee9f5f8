import { createHmac, randomBytes } from 'node:crypto';
import { Hono } from 'hono';
import { startLoopbackServer } from '../aws/loopback-server.ts';
import { type HrPerson, type HrWebhook, hrRecords } from './people.ts';

// https://apidocs.hibob.com: one answer for the whole company, active people only unless asked, fields without a
// permission left out, days as people write them, ids only in webhooks, a deleted entry told to nobody.

/** A HiBob on loopback, with one company. @param now in epoch milliseconds */
export async function startHibob(now: () => number = Date.now) {
  const token = randomBytes(20).toString('hex');
  const webhookSecret = randomBytes(24).toString('hex');
  const hidden = new Set<string>();
  const webhooks: HrWebhook[] = [];
  const signed = (body: string): HrWebhook => ({
    path: '/webhooks/hibob',
    headers: {
      'content-type': 'application/json',
      'bob-signature': createHmac('sha512', webhookSecret).update(body).digest('base64'),
    },
    body,
  });
  const records = hrRecords(now, (kind, id) => {
    webhooks.push(
      signed(
        JSON.stringify({
          companyId: 636192,
          type: `employee.${kind}`,
          triggeredBy: 'system',
          triggeredAt: new Date(now()).toISOString(),
          version: 'v2',
          data: { employeeId: id, fieldUpdates: [] },
        }),
      ),
    );
  });

  const isActive = ({ lastDay }: HrPerson) => lastDay === null || lastDay >= records.today();
  const lifecycle = (person: HrPerson) => {
    if (!isActive(person)) return 'Terminated';
    return person.startDate > records.today() ? 'Hired' : 'Employed';
  };
  const shown = (person: HrPerson, fields: readonly string[]): Record<string, unknown> => {
    const manager = person.managerId === null ? undefined : records.find(person.managerId);
    const lastDay = person.lastDay ?? records.futureLastDay(person.id) ?? null;
    const all: Record<string, unknown> = {
      'root.id': person.id,
      'root.firstName': person.firstName,
      'root.surname': person.lastName,
      'root.email': person.workEmail,
      'work.employeeIdInCompany': Number(person.number) || person.number,
      'work.title': person.title,
      'work.department': person.department,
      'work.site': person.location,
      'work.reportsTo': manager === undefined ? null : { id: manager.id, email: manager.workEmail },
      'work.startDate': written(person.startDate),
      'payroll.employment.type': person.type,
      'internal.terminationDate': lastDay === null ? null : written(lastDay),
      'internal.status': isActive(person) ? 'Active' : 'Inactive',
      'internal.lifecycleStatus': lifecycle(person),
    };
    const answer: Record<string, unknown> = {};
    for (const [path, value] of Object.entries(all)) {
      if (!fields.includes(path) || hidden.has(path)) continue;
      const [group = '', ...rest] = path.split('.');
      if (group === 'root') answer[rest.join('.')] = value;
      else nest(answer, path.split('.'), value);
    }
    return answer;
  };

  const app = new Hono();
  app.use(async (context, next) => {
    records.settle();
    const expected = `Basic ${Buffer.from(`SERVICE-1:${token}`).toString('base64')}`;
    return context.req.header('authorization') === expected ? next() : context.text('', 401);
  });
  app.post('/v1/people/search', async (context) => {
    const { fields = [], showInactive = false } = await context.req.json();
    const people = records.all().filter((person) => showInactive || isActive(person));
    return context.json({ employees: people.map((person) => shown(person, fields)) });
  });
  app.post('/v1/people/:id', async (context) => {
    const person = records.find(context.req.param('id'));
    if (person === undefined) return context.json({ key: 'employee.not.found' }, 404);
    const { fields = [] } = await context.req.json();
    return context.json(shown(person, fields));
  });
  const server = await startLoopbackServer(app.fetch);
  return {
    ...server,
    /** Answers without the network, for whoever asks thousands of times. */
    answer: async (url: string, init: RequestInit) => app.fetch(new Request(url, init)),
    records,
    secret: JSON.stringify({ serviceUserId: 'SERVICE-1', token }),
    webhookSecret: JSON.stringify({ secrets: [webhookSecret] }),
    hide: (...fields: string[]) => {
      for (const field of fields) hidden.add(field);
    },
    takeWebhooks: () => {
      records.settle();
      return webhooks.splice(0);
    },
    signed,
  };
}
export type HibobServer = Awaited<ReturnType<typeof startHibob>>;

function written(day: string): string {
  return day.split('-').reverse().join('/');
}

function nest(target: Record<string, unknown>, path: readonly string[], value: unknown): void {
  const [first = '', ...rest] = path;
  if (rest.length === 0) {
    target[first] = value;
    return;
  }
  const inner = target[first];
  const group: Record<string, unknown> = typeof inner === 'object' && inner !== null ? { ...inner } : {};
  target[first] = group;
  nest(group, rest, value);
}
