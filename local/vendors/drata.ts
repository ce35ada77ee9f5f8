import { randomUUID } from 'node:crypto';
import * as z from 'zod/mini';
import { EmailAddress } from '../../functions/shared/email.ts';
import { ANN, colleague, KENJI, MARA, OLOF, PETRA, type Person, STAFF, TOMAS, ZOE } from './company.ts';
import { liveId, liveRoutes, refuse as refuseLive } from './drata-live.ts';
import type { DrataPersonnel, DrataState } from './drata-state.ts';
import { accountOf, copiesOf } from './planted.ts';
import type { RequestWindow } from './request-window.ts';
import { readBody, type VendorApp, type VendorContext } from './vendor-app.ts';
import { startVendorServer, type VendorServer, type World } from './vendor-server.ts';

// Drata as its guide describes it: https://www.stitchflow.com/user-management/drata/api

// The limit is not published; this is a guess.
const LIMIT = { capacity: 600, windowMs: 60_000 };
const DEFAULT_LIMIT = 25;
const MAX_LIMIT = 100;
// The guide says several minutes.
const COMPLIANCE_PENDING_MS = 5 * 60 * 1000;
const DAY_MS = 86_400_000;
const SEEDED_AT = Date.UTC(2024, 0, 15);

const Name = z.string().check(z.minLength(1));
const Day = z.nullable(z.iso.date());
const Text = z.nullable(z.string());

// A strict object, so computed and unknown fields are refused.
const Changes = z.strictObject({
  email: z.optional(EmailAddress),
  firstName: z.optional(Name),
  lastName: z.optional(Name),
  title: z.optional(Text),
  department: z.optional(Text),
  employmentType: z.optional(z.nullable(z.enum(['FULL_TIME', 'CONTRACTOR', 'PART_TIME']))),
  startDate: z.optional(Day),
  endDate: z.optional(Day),
  isActive: z.optional(z.boolean()),
  role: z.optional(z.enum(['ADMIN', 'MEMBER', 'AUDITOR'])),
  managerId: z.optional(Text),
  externalId: z.optional(Text),
});
const NewPersonnel = z.extend(Changes, { email: EmailAddress, firstName: Name, lastName: Name });

export async function startDrata(now?: () => number): Promise<VendorServer<DrataState>> {
  const server: VendorServer<DrataState> = await startVendorServer<DrataState>(
    {
      vendor: 'drata',
      seed,
      accounts: ({ personnel }) =>
        personnel.map(({ id, email, isActive }) => ({ vendorUserId: id, email, isOpen: isActive })),
      populate: (state, emails) => {
        state.personnel = copiesOf(state.personnel, emails, (number) => ({
          id: String(number),
          externalId: null,
        }));
      },
      discrepancies: {
        plant: ({ personnel }) => {
          accountOf(personnel, colleague(7)).isActive = false;
        },
      },
      rest: {
        prefix: '/public',
        limit: LIMIT,
        refuseToken: (context) => refuse(context, 401, 'Unauthorized'),
        refuseRate: (context, window) => refuseRate(context, window, server.state.retryAfter),
        routes,
      },
      live: {
        rest: [
          {
            prefix: '/public/v2',
            limit: LIMIT,
            refuseToken: (context) => refuseLive(context, 401, 'Unauthorized'),
            refuseRate: (context, window) => refuseRate(context, window, server.state.retryAfter),
            routes: (app, world) =>
              liveRoutes(app, world, (personnel) => ({
                training: trainingsOf(personnel, world)[0] ?? null,
                check: checksOf(personnel, world)[0] ?? null,
              })),
          },
        ],
      },
      liveAccountId: (id) => String(liveId(id)),
    },
    now,
  );
  return server;
}

function routes(app: VendorApp, world: World<DrataState>): void {
  const personnelOf = (context: VendorContext) =>
    world.state.personnel.find(({ id }) => id === context.req.param('id'));

  const problemWith = (changes: z.infer<typeof Changes>, id: string | null): string | null => {
    const { managerId = null } = changes;
    if (managerId === null) return null;
    if (managerId === id) return 'managerId must be somebody else';
    return world.state.personnel.some((manager) => manager.id === managerId) ? null : 'managerId is unknown';
  };

  const isTaken = (email: string | undefined, id: string | null) =>
    world.state.personnel.some(
      (other) => other.id !== id && other.email.toLowerCase() === email?.toLowerCase(),
    );

  app.get('/personnel', (context) => {
    const isActive = context.req.query('isActive');
    const listed = world.state.personnel.filter(
      (personnel) => isActive === undefined || personnel.isActive === (isActive === 'true'),
    );
    return page(context, world.state, listed, (personnel) => present(personnel, world));
  });

  app.get('/personnel/:id', (context) => {
    const personnel = personnelOf(context);
    return personnel === undefined ? notFound(context) : context.json(present(personnel, world));
  });

  app.post('/personnel', async (context) => {
    const body = z.safeParse(NewPersonnel, await readBody(context));
    if (!body.success) return refuse(context, 400, fieldsOf(body.error));
    if (isTaken(body.data.email, null))
      return refuse(context, 409, 'Personnel with this email already exists');
    const problem = problemWith(body.data, null);
    if (problem !== null) return refuse(context, 400, problem);
    const personnel: DrataPersonnel = Object.assign(blank(randomUUID(), world.now()), body.data);
    assignTasks(personnel, world);
    world.state.personnel.push(personnel);
    const { id, email, firstName, lastName, isActive } = personnel;
    return context.json({ id, email, firstName, lastName, isActive }, 201);
  });

  app.patch('/personnel/:id', async (context) => {
    const personnel = personnelOf(context);
    if (personnel === undefined) return notFound(context);
    const body = z.safeParse(Changes, await readBody(context));
    if (!body.success) return refuse(context, 400, fieldsOf(body.error));
    if (isTaken(body.data.email, personnel.id))
      return refuse(context, 409, 'Personnel with this email already exists');
    const problem = problemWith(body.data, personnel.id);
    if (problem !== null) return refuse(context, 400, problem);
    Object.assign(personnel, body.data);
    assignTasks(personnel, world);
    const { isActive, endDate = null } = body.data;
    if (isActive === false && endDate !== null) world.state.offboarded.push(personnel.id);
    // The answer holds only the fields that were sent.
    return context.json({ id: personnel.id, ...body.data });
  });

  app.delete('/personnel/:id', (context) => {
    context.header('Allow', 'GET, PATCH');
    return refuse(context, 405, 'Method Not Allowed');
  });

  app.get('/personnel/:id/training', (context) => {
    const personnel = personnelOf(context);
    if (personnel === undefined) return notFound(context);
    return context.json({ personnelId: personnel.id, trainings: trainingsOf(personnel, world) });
  });

  app.get('/personnel/:id/background-checks', (context) => {
    const personnel = personnelOf(context);
    if (personnel === undefined) return notFound(context);
    return context.json({ personnelId: personnel.id, backgroundChecks: checksOf(personnel, world) });
  });

  app.get('/controls', (context) => page(context, world.state, world.state.controls));
}

// Drata assigns tasks by employment type, so a record without one has none.
function assignTasks(personnel: DrataPersonnel, world: World<DrataState>): void {
  if (personnel.employmentType === null || personnel.trainingStatus.completed > 0) return;
  personnel.assignedAt ??= world.now();
}

type Task = { status: string; completedAt: string | null };

/** A person's task; null until Drata has assigned it, which takes as long as computing a status. */
function taskOf(
  { assignedAt, trainingStatus }: DrataPersonnel,
  world: World<DrataState>,
  task: { days: number | null; open: string; done: string; doneBefore: string },
): Task | null {
  const { days, open, done, doneBefore } = task;
  if (trainingStatus.completed > 0) return { status: done, completedAt: doneBefore };
  if (assignedAt === null || world.now() - assignedAt < COMPLIANCE_PENDING_MS) return null;
  const completedAt = days === null ? Number.POSITIVE_INFINITY : assignedAt + days * DAY_MS;
  if (world.now() < completedAt) return { status: open, completedAt: null };
  return { status: done, completedAt: new Date(completedAt).toISOString().slice(0, 10) };
}

function trainingsOf(personnel: DrataPersonnel, world: World<DrataState>): (Task & { name: string })[] {
  const days = world.state.progress.trainingDays;
  const task = { days, open: 'ASSIGNED', done: 'COMPLETED', doneBefore: '2025-01-15' };
  const training = taskOf(personnel, world, task);
  return training === null ? [] : [{ name: 'Security Awareness', ...training }];
}

function checksOf(personnel: DrataPersonnel, world: World<DrataState>): Task[] {
  const { checkDays: days, checkStatus: done } = world.state.progress;
  const check = taskOf(personnel, world, { days, open: 'PENDING', done, doneBefore: '2024-11-01' });
  return check === null ? [] : [check];
}

/** The record as Drata shows it: a field that was never given is not there. */
function present(personnel: DrataPersonnel, world: World<DrataState>): Record<string, unknown> {
  const { createdAt, assignedAt, endDate, startDate, complianceStatus, trainingStatus, ...shown } = personnel;
  const isEvaluated = world.now() - Math.max(createdAt, assignedAt ?? 0) >= COMPLIANCE_PENDING_MS;
  const isTrained = trainingsOf(personnel, world).some(({ status }) => status === 'COMPLETED');
  const isChecked = checksOf(personnel, world).some(({ status }) => status === 'PASSED');
  const evaluated = assignedAt !== null && isTrained && isChecked ? 'COMPLIANT' : 'NON_COMPLIANT';
  const day = (date: string | null) =>
    date === null || !world.state.datesCarryTime ? date : `${date}T00:00:00.000Z`;
  const given = Object.entries({ ...shown, startDate: day(startDate) }).filter(([, value]) => value !== null);
  return {
    ...Object.fromEntries(given),
    endDate: day(endDate),
    complianceStatus: complianceStatus === 'PENDING' && isEvaluated ? evaluated : complianceStatus,
    trainingStatus: { ...trainingStatus, completed: isTrained ? trainingStatus.assigned : 0 },
  };
}

function page<T>(
  context: VendorContext,
  state: DrataState,
  items: readonly T[],
  represent: (item: T) => unknown = (item) => item,
): Response {
  const number = Number(context.req.query('page') ?? 1);
  const asked = Number(context.req.query('limit') ?? DEFAULT_LIMIT);
  if (!Number.isInteger(number) || number < 1) return refuse(context, 400, 'page must be 1 or more');
  if (!Number.isInteger(asked) || asked < 1) return refuse(context, 400, 'limit must be 1 or more');
  const limit = Math.min(asked, state.maxLimit);
  return context.json({
    data: items.slice((number - 1) * limit, number * limit).map(represent),
    ...(state.omitsTotal ? {} : { total: items.length }),
    page: number,
    limit,
  });
}

function refuse(context: VendorContext, statusCode: 400 | 401 | 404 | 405 | 409, message: string): Response {
  return context.json({ statusCode, message }, statusCode);
}

function notFound(context: VendorContext): Response {
  return refuse(context, 404, 'Personnel not found');
}

function refuseRate(context: VendorContext, window: RequestWindow, form: DrataState['retryAfter']): Response {
  const seconds = Math.ceil((window.freeAt - window.now()) / 1000);
  // An HTTP date has no fractions of a second, so it is rounded up.
  const date = new Date(Math.ceil(window.freeAt / 1000) * 1000).toUTCString();
  return context.json({ statusCode: 429, message: 'Too Many Requests' }, 429, {
    'Retry-After': form === 'seconds' ? String(seconds) : date,
  });
}

function fieldsOf(error: z.core.$ZodError): string {
  const fields = error.issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys' ? issue.keys : [issue.path.join('.') || 'body'],
  );
  return `not valid: ${fields.join(', ')}`;
}

function blank(id: string, createdAt: number): DrataPersonnel {
  return {
    id,
    email: '',
    firstName: '',
    lastName: '',
    title: null,
    department: null,
    employmentType: null,
    startDate: null,
    endDate: null,
    isActive: true,
    role: 'MEMBER',
    managerId: null,
    externalId: null,
    complianceStatus: 'PENDING',
    trainingStatus: { assigned: 1, completed: 0 },
    createdAt,
    assignedAt: null,
  };
}

function seed(): DrataState {
  const idOf = (number: number) => `d7a7a000-0000-4000-8000-${String(number).padStart(12, '0')}`;
  const maraId = idOf(1);
  const employed = (person: Person, number: number): DrataPersonnel => ({
    ...blank(idOf(number), SEEDED_AT),
    email: person.email,
    firstName: person.firstName,
    lastName: person.lastName,
    title: 'Account Executive',
    department: 'Sales',
    employmentType: 'FULL_TIME',
    startDate: '2023-04-03',
    role: person === OLOF ? 'ADMIN' : 'MEMBER',
    managerId: person === MARA ? null : maraId,
    externalId: person.employeeId,
    complianceStatus: 'COMPLIANT',
    trainingStatus: { assigned: 1, completed: 1 },
  });
  const staff = STAFF.map((person, index) => employed(person, index + 1));
  const left = { isActive: false, endDate: '2024-06-28' };
  for (const personnel of staff) {
    if (personnel.email === PETRA.email) Object.assign(personnel, left);
    if (personnel.email === TOMAS.email) personnel.email = 'Tomas.Herrera@Northlight.Example';
  }
  const kenji = { ...employed(KENJI, staff.length + 1), ...left };
  const { email, firstName, lastName } = ZOE;
  // The identity provider sends only these fields.
  const zoe = { ...blank(idOf(staff.length + 2), SEEDED_AT), email, firstName, lastName };
  const annId = staff.find((personnel) => personnel.email === ANN.email)?.id ?? maraId;
  return {
    personnel: [...staff, kenji, zoe],
    controls: [
      {
        id: 'c0a7a000-0000-4000-8000-000000000001',
        name: 'Access Control',
        status: 'PASSING',
        ownerId: annId,
      },
      { id: 'c0a7a000-0000-4000-8000-000000000002', name: 'Encryption', status: 'PASSING', ownerId: maraId },
    ],
    progress: { trainingDays: 3, checkDays: 5, checkStatus: 'PASSED' },
    offboarded: [],
    omitsTotal: false,
    maxLimit: MAX_LIMIT,
    datesCarryTime: false,
    retryAfter: 'seconds',
    employmentStatuses: {},
    setByHand: [],
    lookupComparesCase: true,
    termsOpen: false,
  };
}
