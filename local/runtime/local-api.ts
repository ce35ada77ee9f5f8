import { randomBytes } from 'node:crypto';
import type { Context } from 'hono';
import * as z from 'zod/mini';
import type { StartedRun } from '../../functions/runs/start-run.ts';
import type { HrEvent } from '../../functions/shared/events.ts';
import type { Issue } from '../../functions/shared/issues.ts';
import type { PageConfig } from '../../functions/web/page-config.ts';
import { isSameText } from '../aws/caller.ts';
import { type LoopbackServer, startLoopbackServer } from '../aws/loopback-server.ts';
import { apiSources } from './api-sources.ts';
import { eraseLocally } from './erase-locally.ts';
import { jsonFault } from './json-fault.ts';
import { readEvent } from './read-event.ts';
import type { Runtime } from './runtime.ts';
import { systemUser } from './system-user.ts';

/**
 * Serves the API on loopback over a runtime. Beside the routes that a deployment has behind API Gateway, it takes HR
 * events, one or an array, at `PUT /events`, as `readEvent` does. In the place of API Gateway a key guards the API, which is new at every
 * start; no form and no image of a web page can send it. The page's own files need no key: they are the same for
 * everybody, and made when they are first asked for. The webhooks check for themselves who calls.
 *
 * @param port 0 picks one that is free.
 * @param gateway stands in the place of API Gateway; without it the key does.
 * @throws Error, whose code is EADDRINUSE when the port is taken.
 */
export async function startApi(
  runtime: Runtime,
  port: number,
  gateway?: Gateway,
): Promise<LoopbackServer & { key: string }> {
  // Loaded only now, because the logger reads its level from the environment that the runtime has set.
  const { createApp } = await import('../../functions/api/app.ts');
  const { readBody } = await import('../../functions/api/body.ts');
  const { invalidFields, problemAnswer, RequestError } = await import('../../functions/api/problem.ts');
  const { routeSettings } = await import('../../functions/api/settings-route.ts');
  const { rateTable } = await import('../../functions/rate-limit/rate-table.ts');
  const { coordinationTableFromEnvironment } = await import('../../functions/tables/coordination-table.ts');
  const { createWebhookApp } = await import('../../functions/webhooks/app.ts');
  const { createHrWebhookApp } = await import('../../functions/webhooks/hr-app.ts');
  const { hrWebhookSourcesFromEnvironment } = await import('../../functions/webhooks/hr-sources.ts');
  const { setLocalPolicy } = await import('./local-policy.ts');
  const { webhookSourcesFromEnvironment } = await import('../../functions/webhooks/sources.ts');

  const keyMissing = new RequestError(401, 'Send the key that serve printed: Authorization: Bearer KEY.', {
    headers: { 'www-authenticate': 'Bearer' },
  });
  const parseEvents = (body: unknown): HrEvent[] => {
    const bodies = Array.isArray(body) ? body : [body];
    if (bodies.length === 0) throw invalidFields({ issues: [{ path: [], message: 'must hold an event' }] });
    const read = bodies.map(readEvent);
    const issues = read.flatMap((each, index) =>
      'issues' in each ? issuesAt(each.issues, body, index) : [],
    );
    if (issues.length > 0) throw invalidFields({ issues });
    return read.flatMap((each) => ('event' in each ? [each.event] : []));
  };
  const readJson = async (context: Context): Promise<unknown> => {
    try {
      return await readBody(context, z.unknown());
    } catch (error) {
      const fault = jsonFault(await context.req.text());
      const isNoJson = error instanceof RequestError && error.status === 400 && fault !== null;
      throw isNoJson ? new RequestError(400, `The body is not JSON: ${fault}.`) : error;
    }
  };

  const { assetsOf } = await import('../../functions/web/assets.ts');
  const { createWebApp, isForPage } = await import('../../functions/web/app.ts');
  const makePage = async () => {
    const { buildPage } = await import('../../cdk/bundle-page.ts');
    return createWebApp(assetsOf(await buildPage()), gateway?.page ?? { signIn: 'key' });
  };
  let page: ReturnType<typeof makePage> | undefined;

  const app = createApp({ ...(await apiSources(runtime)), erase: eraseLocally(runtime) });
  routeSettings(app, rateTable(coordinationTableFromEnvironment()));
  app.put('/events', async (context) => {
    const events = parseEvents(await readJson(context));
    const runs: StartedRun[] = [];
    for (const event of events) runs.push(await runtime.put(event));
    return context.json({ runs }, runs.some(({ status }) => status === 'started') ? 202 : 200);
  });
  const webhooks = createWebhookApp(webhookSourcesFromEnvironment());
  setLocalPolicy(runtime.temporaryFolder);
  const hrWebhooks = createHrWebhookApp(hrWebhookSourcesFromEnvironment());
  const key = randomBytes(18).toString('base64url');
  const server = await startLoopbackServer(async (request) => {
    if (isHrWebhook(request)) return hrWebhooks.fetch(request);
    if (isWebhook(request)) return webhooks.fetch(request);
    if (isForPage(request.method, pathOf(request))) {
      page ??= makePage();
      return (await page).fetch(request);
    }
    if (gateway !== undefined) {
      const admitted = gateway.admit(request);
      return admitted instanceof Response ? admitted : app.fetch(request, admitted);
    }
    return hasKey(request, key)
      ? app.fetch(request, { systemUser: systemUser() })
      : problemAnswer(keyMissing);
  }, port);
  return { ...server, key };
}

/** Who lets requests in where the API is deployed: what it answers itself, or what it tells the API of the caller. */
export type Gateway = {
  page: PageConfig;
  admit: (request: Request) => Response | { requestContext: object };
};

/** Issues of one event of several, whose paths begin with its number. */
function issuesAt(issues: readonly Issue[], body: unknown, index: number): Issue[] {
  return issues.map((issue) => (Array.isArray(body) ? { ...issue, path: [index, ...issue.path] } : issue));
}

const pathOf = ({ url }: Request) => new URL(url).pathname;

function isHrWebhook(request: Request): boolean {
  return /^\/webhooks\/(hr|bamboohr|hibob)$/.test(pathOf(request));
}

function isWebhook(request: Request): boolean {
  return pathOf(request).startsWith('/webhooks/');
}

function hasKey({ headers }: Request, key: string): boolean {
  return isSameText(headers.get('authorization') ?? '', `Bearer ${key}`);
}
