import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import * as z from 'zod/mini';
import { type RunRequest, startRun } from '../runs/start-run.ts';
import { type App, forEveryApp } from '../shared/apps.ts';
import { HiredDetail, TerminatedDetail } from '../shared/events.ts';
import { parseJson } from '../shared/json.ts';
import { invalidFields, problemAnswer, RequestError } from './problem.ts';
import { logRequest, noSuchRoute } from './routes.ts';
import { listRuns, newRun, readRun, type Sources, stopRun, unknownRun } from './runs.ts';
import { type Connections, type Employee, EmployeeId, GRAPH_APPS } from './schemas.ts';

/** The largest request body, in bytes. */
const MAX_BODY_BYTES = 64 * 1024;

/** The API. It knows nothing of who calls it: API Gateway has checked that before. */
export function createApp(sources: Sources): Hono {
  const app = new Hono();
  app.use(logRequest, bodyLimit({ maxSize: MAX_BODY_BYTES, onError: refuseBody }));

  app.post('/onboardings', async (context) =>
    answerStart(context, sources, { workflow: 'onboarding', detail: await readBody(context, HiredDetail) }),
  );
  app.post('/offboardings', async (context) =>
    answerStart(context, sources, {
      workflow: 'offboarding',
      detail: await readBody(context, TerminatedDetail),
    }),
  );
  app.get('/runs', async (context) => {
    const employeeId = parseEmployeeId(context.req.query('employeeId'));
    return context.json({ runs: await listRuns(sources, employeeId) });
  });
  app.get('/runs/:name', async (context) => {
    const name = context.req.param('name');
    const run = await readRun(sources, name);
    if (run === null) throw unknownRun(name);
    return context.json(run);
  });
  app.delete('/runs/:name', async (context) =>
    context.json(await stopRun(sources, context.req.param('name'))),
  );
  app.get('/employees/:employeeId', async (context) => {
    const employeeId = parseEmployeeId(context.req.param('employeeId'));
    return context.json(await readEmployee(sources, employeeId));
  });

  app.notFound((context) => problemAnswer(noSuchRoute(app, context)));
  app.onError(problemAnswer);
  return app;
}

/**
 * The request's body in the form that `schema` asks for.
 *
 * @throws RequestError 415, 400 or 422.
 */
export async function readBody<T>(context: Context, schema: z.ZodMiniType<T>): Promise<T> {
  const contentType = context.req.header('content-type') ?? '';
  if (!/^application\/([\w.-]+\+)?json\s*(;|$)/i.test(contentType))
    throw new RequestError(415, 'The body must be JSON, sent with the content type application/json.');
  const body = parseJson(await context.req.text());
  if (body === undefined) throw new RequestError(400, 'The body is not JSON.');
  const parsed = z.safeParse(schema, body);
  if (!parsed.success) throw invalidFields(parsed.error);
  return parsed.data;
}

async function answerStart(context: Context, sources: Sources, request: RunRequest): Promise<Response> {
  const started = await startRun(sources.machines, request);
  context.header('location', `/runs/${started.name}`);
  if (started.status === 'started') return context.json(newRun(request, started), 202);
  return context.json((await readRun(sources, started.name)) ?? newRun(request, started));
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
  return { employeeId, profile, accounts, graph: Object.fromEntries(connections) };
}

function parseEmployeeId(value: string | undefined): string {
  const parsed = z.safeParse(EmployeeId, value);
  if (!parsed.success) throw invalidFields(parsed.error, ['employeeId']);
  return parsed.data;
}

function refuseBody(): never {
  throw new RequestError(413, `The body is larger than ${MAX_BODY_BYTES} bytes.`);
}
