import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import * as z from 'zod/mini';
import { assignAccount } from '../people/assign-account.ts';
import { hireRequest, terminationRequest } from '../runs/request.ts';
import { type RunRequest, startRun } from '../runs/start-run.ts';
import { takeOver } from '../runs/takeover.ts';
import { type App, forEveryApp } from '../shared/apps.ts';
import { sameEmail } from '../shared/email.ts';
import type { Origin } from '../shared/origin.ts';
import { SHOWN_FACTS, type ShownFact } from '../shared/shown-facts.ts';
import type { AccountRow, Profile } from '../tables/identity-store.ts';
import { sameText } from '../vendor/same-text.ts';
import { readBody } from './body.ts';
import { DoctorRequest, readDoctorReport, startDoctor } from './doctor.ts';
import { parseEmployeeId } from './employee-id.ts';
import { type Erase, routeErasure } from './erasure-route.ts';
import { readEvidence } from './evidence.ts';
import {
  AcceptedFinding,
  AssignedAccount,
  acceptedBy,
  acceptFinding,
  FindingFilter,
  findFinding,
  listFindings,
  withdrawAcceptance,
} from './findings.ts';
import { doneBy, FollowUpFilter, FollowUpNote, finishFollowUp, listFollowUps } from './follow-ups.ts';
import { decideRun, releaseRuns } from './held-runs.ts';
import { callerOf, originOf } from './origin.ts';
import { answerPlan, Offboarding, Onboarding, requirePlan } from './plans.ts';
import { invalidFields, RequestError } from './problem.ts';
import { closeRoutes, logRequest } from './routes.ts';
import { listNewestRuns, listRuns } from './run-list.ts';
import { newRun, readRun, type Sources, stopRun, unknownRun } from './runs.ts';
import {
  type Connections,
  type Difference,
  type Employee,
  GRAPH_APPS,
  IdempotencyKey,
  Release,
  RunFilter,
  Takeover,
  Verdict,
} from './schemas.ts';
import { tagAnswers } from './tag-answers.ts';

/** The largest request body, in bytes. */
const MAX_BODY_BYTES = 64 * 1024;

/**
 * The API. It knows nothing of who calls it: API Gateway has checked that before. On AWS, a Lambda of its own erases people;
 * see functions/api/erase.ts.
 */
export function createApp(sources: Sources & { erase?: Erase }): Hono {
  const app = new Hono();
  app.use(logRequest, tagAnswers, bodyLimit({ maxSize: MAX_BODY_BYTES, onError: refuseBody }));

  app.post('/plans', (context) => answerPlan(sources, context, toldBy(context)));
  app.post('/onboardings', async (context) => {
    const { planId, ...detail } = await readBody(context, Onboarding);
    const { key, origin } = toldBy(context);
    return answerStart(context, sources, hireRequest(detail, key, origin), planId);
  });
  app.post('/offboardings', async (context) => {
    const { planId, ...detail } = await readBody(context, Offboarding);
    const { key, origin } = toldBy(context);
    return answerStart(context, sources, terminationRequest(detail, key, origin), planId);
  });
  app.post('/employees/:employeeId/takeover', async (context) => {
    const to = parseEmployeeId(context.req.param('employeeId'));
    const { previousEmployeeId: from } = await readBody(context, Takeover);
    await takeOver(sources, { from, to });
    return context.json(await readEmployee(sources, to));
  });
  app.get('/runs', async (context) => {
    const filter = parseQuery(context, RunFilter);
    const asked = context.req.query('employeeId');
    if (asked === undefined) return context.json(await listNewestRuns(sources, filter));
    return context.json({ runs: await listRuns(sources, parseEmployeeId(asked), filter) });
  });
  app.get('/runs/:name', async (context) => {
    const name = context.req.param('name');
    const run = await readRun(sources, name);
    if (run === null) throw unknownRun(name);
    return context.json(run);
  });
  app.get('/runs/:name/evidence', async (context) => {
    const name = context.req.param('name');
    const evidence = await readEvidence(sources, name);
    if (evidence === null) throw unknownRun(name);
    return context.json(evidence);
  });
  app.post('/runs/release', async (context) =>
    context.json(await releaseRuns(sources, context, await readBody(context, Release))),
  );
  app.post('/runs/:name/release', async (context) => decideOn(context, sources, 'release'));
  app.post('/runs/:name/reject', async (context) => decideOn(context, sources, 'reject'));
  app.delete('/runs/:name', async (context) =>
    context.json(await stopRun(sources, context.req.param('name'))),
  );
  app.get('/follow-ups', async (context) => {
    const filter = parseQuery(context, FollowUpFilter);
    return context.json(await listFollowUps(sources.store.followUps, filter));
  });
  app.post('/follow-ups/:id/done', async (context) => {
    // A note is optional, and so is the body.
    const isBare = (await context.req.text()) === '';
    const said = isBare ? {} : await readBody(context, FollowUpNote);
    const done = doneBy(context, said);
    return context.json(await finishFollowUp(sources.store.followUps, context.req.param('id'), done));
  });
  app.get('/findings', async (context) =>
    context.json(await listFindings(sources, parseQuery(context, FindingFilter))),
  );
  app.post('/findings/:id/accept', async (context) => {
    const said = acceptedBy(context, await readBody(context, AcceptedFinding));
    return context.json(await acceptFinding(sources, context.req.param('id'), said));
  });
  app.post('/findings/:id/withdraw', async (context) =>
    context.json(await withdrawAcceptance(sources, context.req.param('id'), callerOf(context))),
  );
  app.post('/findings/:id/assign', async (context) => {
    const { employeeId } = await readBody(context, AssignedAccount);
    const { key, ...found } = await findFinding(sources, context.req.param('id'));
    await assignAccount(sources, employeeId, found);
    await sources.findings.remove(found.run, key);
    return context.json(await readEmployee(sources, employeeId));
  });
  app.get('/doctor', async (context) => context.json(await readDoctorReport(sources)));
  app.post('/doctor', async (context) => {
    // Which apps is optional, and so is the body.
    const isBare = (await context.req.text()) === '';
    const asked = isBare ? {} : await readBody(context, DoctorRequest);
    return context.json(await startDoctor(sources, asked), 202);
  });
  app.get('/employees/:employeeId', async (context) => {
    const employeeId = parseEmployeeId(context.req.param('employeeId'));
    return context.json(await readEmployee(sources, employeeId));
  });
  if (sources.erase !== undefined) routeErasure(app, sources.erase);

  closeRoutes(app);
  return app;
}

async function decideOn(context: Context, sources: Sources, how: 'release' | 'reject'): Promise<Response> {
  const { reason } = await readBody(context, Verdict);
  const name = context.req.param('name') ?? '';
  return context.json(await decideRun(sources, context, { name, how, reason }));
}

async function answerStart(
  context: Context,
  sources: Sources,
  asked: RunRequest,
  planId: string | undefined,
): Promise<Response> {
  const plan = planId === undefined ? null : await requirePlan(sources.plans, planId, asked);
  const request = plan === null ? asked : { ...asked, origin: { ...asked.origin, planId: plan.planId } };
  const started = await startRun(sources, request);
  if (plan !== null && started.status === 'started') await sources.plans.store.keepFor(started.name, plan);
  context.header('location', `/runs/${started.name}`);
  if (started.status === 'started') return context.json(newRun(request, started), 202);
  return context.json((await readRun(sources, started.name)) ?? newRun(request, started));
}

/** What tells a repeat, and who asks. @throws RequestError 422 */
function toldBy(context: Context): { key: string | null; origin: Origin } {
  return { key: keyOf(context), origin: originOf(context) };
}

async function readEmployee({ store, graph }: Sources, employeeId: string): Promise<Employee> {
  const connectionsIn = async (app: App): Promise<[App, Connections]> => {
    const row = await graph.find(app, employeeId);
    if (row === null) return [app, null];
    const { app: _, employeeId: __, ...shown } = row;
    return [app, shown];
  };
  const [profile, rows, ...connections] = await Promise.all([
    store.readProfile(employeeId),
    store.readAccounts(employeeId),
    ...GRAPH_APPS.map(connectionsIn),
  ]);
  if (profile === null && rows.length === 0)
    throw new RequestError(404, `Nobody is known by the employee id ${JSON.stringify(employeeId)}.`);
  const accounts = forEveryApp((app) => rows.find((row) => row.app === app) ?? null);
  const differences = differencesIn(profile, rows);
  return { employeeId, profile, accounts, differences, graph: Object.fromEntries(connections) };
}

/** Shut accounts are left as they are, so nothing is wanted of them. */
function differencesIn(profile: Profile | null, accounts: readonly AccountRow[]): Difference[] {
  if (profile === null) return [];
  return accounts
    .filter(({ status }) => status !== 'deactivated')
    .flatMap(({ app, shown = {} }) =>
      SHOWN_FACTS.flatMap((field) => {
        const wanted = WANTED[field](profile);
        const actual = shown[field] ?? null;
        const isAsWanted = wanted === null || actual === null || IS_SAME[field](actual, wanted);
        return isAsWanted ? [] : [{ app, field, wanted, shown: actual }];
      }),
    );
}

const WANTED: Record<ShownFact, (profile: Profile) => string | null> = {
  email: ({ email }) => email,
  name: ({ firstName, lastName }) => `${firstName} ${lastName}`,
  title: ({ title }) => title,
  department: ({ department }) => department,
};

const IS_SAME: Record<ShownFact, (actual: string, wanted: string) => boolean> = {
  email: sameEmail,
  name: sameText,
  title: sameText,
  department: sameText,
};

/** What the caller tells a repeat by; null when there is no key. @throws RequestError 422 */
function keyOf(context: Context): string | null {
  const key = context.req.header('idempotency-key');
  if (key === undefined) return null;
  const parsed = z.safeParse(IdempotencyKey, key);
  if (!parsed.success) throw invalidFields(parsed.error, ['Idempotency-Key']);
  return parsed.data;
}

/** @throws RequestError 422 */
function parseQuery<T>(context: Context, schema: z.ZodMiniType<T>): T {
  const parsed = z.safeParse(schema, context.req.query());
  if (!parsed.success) throw invalidFields(parsed.error);
  return parsed.data;
}

function refuseBody(): never {
  throw new RequestError(413, `The body is larger than ${MAX_BODY_BYTES} bytes.`);
}
