import * as z from 'zod/mini';
import type { DrataPersonnel, DrataState } from './drata-state.ts';
import { readBody, type VendorApp, type VendorContext } from './vendor-app.ts';
import type { World } from './vendor-server.ts';

// Drata as it answers today: https://developers.drata.com/openapi/reference/v2/overview/

/** What Drata asks of somebody, and how far it is; null until it is assigned. */
export type DrataTasks = { training: DrataTask | null; check: DrataTask | null };
type DrataTask = { status: string; completedAt: string | null };

const DEFAULT_SIZE = 50;
const MAX_SIZE = 500;
const WORKSPACE = 1;
const MOST_OWNERS_SHOWN = 10;

const EMPLOYMENT_STATUSES = [
  ...(['CURRENT_EMPLOYEE', 'FORMER_EMPLOYEE', 'CURRENT_CONTRACTOR', 'FORMER_CONTRACTOR'] as const),
  ...(['SPECIAL_FORMER_EMPLOYEE', 'SPECIAL_FORMER_CONTRACTOR', 'FUTURE_HIRE'] as const),
  ...(['OUT_OF_SCOPE', 'SERVICE_ACCOUNT', 'UNKNOWN'] as const),
] as const;
const EmploymentStatus = z.enum(EMPLOYMENT_STATUSES);
const Day = z.iso.date();
const Modification = z.strictObject({
  startedAt: z.optional(Day),
  separatedAt: z.optional(Day),
  employmentStatus: z.optional(EmploymentStatus),
});
const Action = z.strictObject({ action: z.literal('reset-sync'), personnelIds: z.array(z.int()) });
const Owners = z.strictObject({ ownerUserIds: z.array(z.int()) });

/** The number that a record has in this dialect, made of the guide's id so that both dialects have one state. */
export function liveId(id: string): number {
  const digits = id.split('-').at(-1) ?? '';
  const isSeeded = id.includes('a7a000-0000-4000-8000-') || /^\d+$/.test(id);
  return isSeeded ? Number(digits) : 100_000 + Number.parseInt(digits, 16);
}

/** A user has another id than the person's record. */
const userIdOf = (id: string) => 5_000_000 + liveId(id);

/** The routes below `/public/v2`. */
export function liveRoutes(
  app: VendorApp,
  world: World<DrataState>,
  tasksOf: (personnel: DrataPersonnel) => DrataTasks,
): void {
  const personnelOf = (context: VendorContext): DrataPersonnel | undefined => {
    const asked = context.req.param('id') ?? '';
    const { personnel, lookupComparesCase } = world.state;
    if (!asked.startsWith('email:')) return personnel.find(({ id }) => String(liveId(id)) === asked);
    const address = asked.slice('email:'.length);
    return personnel.find(({ email }) =>
      lookupComparesCase ? email === address : email.toLowerCase() === address.toLowerCase(),
    );
  };
  const shown = (context: VendorContext, personnel: DrataPersonnel) =>
    present(personnel, {
      ...{ world, tasks: tasksOf(personnel) },
      expanded: context.req.queries('expand[]') ?? [],
    });
  const withUserId = (userId: number) => world.state.personnel.find(({ id }) => userIdOf(id) === userId);

  app.use('*', async (context, next) => {
    // Nobody has agreed to the terms of service yet.
    if (world.state.termsOpen) return refuse(context, 412, 'Precondition Failed');
    await next();
    return undefined;
  });

  app.get('/personnel', (context) => {
    const listed = world.state.personnel.toSorted((one, other) => liveId(one.id) - liveId(other.id));
    return page(context, listed, (personnel) => shown(context, personnel));
  });

  app.get('/personnel/:id', (context) => {
    const personnel = personnelOf(context);
    return personnel === undefined ? notFound(context) : context.json(shown(context, personnel));
  });

  app.put('/personnel/:id', async (context) => {
    const personnel = personnelOf(context);
    if (personnel === undefined) return notFound(context);
    const body = z.safeParse(Modification, await readBody(context));
    if (!body.success) return refuse(context, 400, 'Bad Request');
    const { employmentStatus, separatedAt, startedAt } = body.data;
    if (startedAt !== undefined) personnel.startDate = startedAt;
    if (separatedAt !== undefined) personnel.endDate = separatedAt;
    if (employmentStatus !== undefined) {
      world.state.employmentStatuses[personnel.id] = employmentStatus;
      personnel.isActive = !employmentStatus.includes('FORMER');
      if (!personnel.isActive && separatedAt !== undefined) world.state.offboarded.push(personnel.id);
    }
    // From now on the identity provider and the HR system change these fields no more.
    world.state.setByHand = [...new Set([...world.state.setByHand, personnel.id])];
    return context.json(shown(context, personnel));
  });

  app.post('/personnel/actions', async (context) => {
    const body = z.safeParse(Action, await readBody(context));
    if (!body.success) return refuse(context, 400, 'Bad Request');
    const { personnelIds } = body.data;
    world.state.setByHand = world.state.setByHand.filter((id) => !personnelIds.includes(liveId(id)));
    return context.json({ count: personnelIds.length }, 201);
  });

  app.get('/users/:id', (context) => {
    const personnel = withUserId(Number(context.req.param('id')));
    if (personnel === undefined) return notFound(context);
    const { check } = tasksOf(personnel);
    const expandsChecks = context.req.queries('expand[]')?.includes('backgroundChecks');
    return context.json({
      ...compactUser(personnel),
      jobTitle: personnel.title,
      ...(expandsChecks
        ? { backgroundChecks: check === null ? [] : [backgroundCheck(personnel, check)] }
        : {}),
    });
  });

  app.get('/workspaces', (context) =>
    page(context, [WORKSPACE], (id) => ({
      ...{
        id,
        primary: true,
        name: 'Northlight',
        description: null,
        howItWorks: null,
        url: null,
        logo: null,
      },
      ...dates(0),
    })),
  );

  const ownersOf = ({ ownerId, coOwnerIds = [] }: DrataState['controls'][number]) =>
    world.state.personnel.filter(({ id }) => id === ownerId || coOwnerIds.includes(id));

  app.get('/workspaces/:workspace/controls', (context) => {
    if (context.req.param('workspace') !== String(WORKSPACE)) return notFound(context);
    const expandsOwners = context.req.queries('expand[]')?.includes('owners');
    return page(context, world.state.controls, (control) => {
      const owners = ownersOf(control).map(compactUser);
      const few = { data: owners.slice(0, MOST_OWNERS_SHOWN), totalCount: owners.length };
      return {
        ...{ id: liveId(control.id), name: control.name, code: `DCF-${liveId(control.id)}`, slug: null },
        ...{ description: null, question: null, activity: null, archivedAt: null, rationale: null },
        ...{ ...dates(0), controlTemplateId: null },
        ...(expandsOwners ? { owners: few } : {}),
      };
    });
  });

  const controlOf = (context: VendorContext) =>
    world.state.controls.find(({ id }) => String(liveId(id)) === context.req.param('control'));

  app.get('/workspaces/:workspace/controls/:control/owners', (context) => {
    const control = controlOf(context);
    return control === undefined ? notFound(context) : page(context, ownersOf(control), compactUser);
  });

  app.put('/workspaces/:workspace/controls/:control/owners', async (context) => {
    const control = controlOf(context);
    if (control === undefined) return notFound(context);
    const body = z.safeParse(Owners, await readBody(context));
    if (!body.success) return refuse(context, 400, 'Bad Request');
    const owners = body.data.ownerUserIds.map(withUserId);
    const ids = owners.flatMap((owner) => owner?.id ?? []);
    if (ids.length < owners.length) return notFound(context);
    const [ownerId = '', ...coOwnerIds] = ids;
    Object.assign(control, { ownerId, coOwnerIds });
    return context.json({ ownerIds: body.data.ownerUserIds });
  });

  app.all('*', notFound);
}

function present(
  personnel: DrataPersonnel,
  { world, tasks, expanded }: { world: World<DrataState>; tasks: DrataTasks; expanded: readonly string[] },
): Record<string, unknown> {
  const { id, startDate, endDate, createdAt } = personnel;
  const instant = (day: string | null) => (day === null ? null : `${day.slice(0, 10)}T00:00:00.000Z`);
  return {
    id: liveId(id),
    userId: userIdOf(id),
    employmentStatus: world.state.employmentStatuses[id] ?? employmentStatus(personnel),
    notHumanReason: null,
    startedAt: instant(startDate),
    separatedAt: instant(endDate),
    statusUpdatedAt: null,
    ...dates(createdAt),
    ...(expanded.includes('user') ? { user: compactUser(personnel) } : {}),
    ...(expanded.includes('complianceChecks') ? { complianceChecks: checksOf(personnel, tasks) } : {}),
  };
}

function employmentStatus({ isActive, employmentType }: DrataPersonnel): string {
  return `${isActive ? 'CURRENT' : 'FORMER'}_${employmentType === 'CONTRACTOR' ? 'CONTRACTOR' : 'EMPLOYEE'}`;
}

function checksOf({ createdAt, complianceStatus }: DrataPersonnel, { training, check }: DrataTasks) {
  const isDone = [training?.status === 'COMPLETED', check?.status === 'PASSED'] as const;
  const isCompliant = isDone.every(Boolean) || complianceStatus === 'COMPLIANT';
  const computed = [
    ...(training === null && check === null ? [] : [['FULL_COMPLIANCE', isCompliant] as const]),
    ...(training === null ? [] : [['SECURITY_TRAINING', isDone[0]] as const]),
    ...(check === null ? [] : [['BG_CHECK', isDone[1]] as const]),
  ];
  return computed.map(([type, passes], index) => ({
    ...{
      id: index + 1,
      type,
      status: passes ? 'PASS' : 'FAIL',
      checkFrequency: 'DAILY',
      ...dates(createdAt),
    },
  }));
}

const IN_TODAYS_WORDS: Record<string, string> = { PASSED: 'OK', FAILED: 'ISSUE' };

function backgroundCheck({ id, email, createdAt }: DrataPersonnel, { status, completedAt }: DrataTask) {
  return {
    ...{ id: liveId(id), userId: userIdOf(id), status: IN_TODAYS_WORDS[status] ?? status },
    ...{ caseId: null, caseInvitationId: 'invitation', url: 'https://checks.example', type: 'CERTN' },
    ...{ manualCheckDate: completedAt, manuallyCheckUrl: null, source: 'CERTN', reportData: '' },
    ...{ outOfScopeReason: null, outOfScopeAt: null, invitationEmail: email, linkedAt: null },
    ...dates(createdAt),
  };
}

function compactUser({ id, email, firstName, lastName, createdAt }: DrataPersonnel) {
  return { id: userIdOf(id), email, firstName, lastName, ...dates(createdAt) };
}

function dates(createdAt: number): { createdAt: string; updatedAt: string } {
  const at = new Date(createdAt).toISOString();
  return { createdAt: at, updatedAt: at };
}

function page<T>(context: VendorContext, items: readonly T[], represent: (item: T) => unknown): Response {
  const size = Number(context.req.query('size') ?? DEFAULT_SIZE);
  const begin = Number(context.req.query('cursor') ?? 0);
  if (!Number.isInteger(size) || size < 1 || size > MAX_SIZE) return refuse(context, 400, 'size');
  if (!Number.isInteger(begin) || begin < 0) return refuse(context, 400, 'cursor');
  const end = begin + size;
  return context.json({
    data: items.slice(begin, end).map(represent),
    pagination: {
      cursor: end < items.length ? String(end) : null,
      ...(context.req.query('includeTotalCount') === 'true' ? { totalCount: items.length } : {}),
    },
  });
}

function notFound(context: VendorContext): Response {
  return refuse(context, 404, 'Not Found');
}

/** How Drata refuses in this dialect. */
export function refuse(context: VendorContext, statusCode: 400 | 401 | 404 | 412, message: string): Response {
  return context.json({ name: 'Exception', statusCode, message, code: statusCode * 100 }, statusCode);
}
