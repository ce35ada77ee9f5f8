import * as z from 'zod/mini';
import type { StartedRun } from '../../functions/runs/start-run.ts';
import { HrEvent } from '../../functions/shared/events.ts';
import { graphStore } from '../../functions/tables/graph-store.ts';
import { type LoopbackServer, startLoopbackServer } from '../aws/loopback-server.ts';
import { IDENTITY_TABLE } from '../aws/tables.ts';
import type { Runtime } from './runtime.ts';

const HrEvents = z.array(HrEvent).check(z.minLength(1));

/**
 * Serves the API on loopback over a runtime. Beside the routes that a deployment has behind API Gateway, it takes HR
 * events, one or an array, at `PUT /events`. Nobody checks who calls the API here; the webhooks check for themselves.
 *
 * @param port 0 picks one that is free.
 * @throws Error, whose code is EADDRINUSE when the port is taken.
 */
export async function startApi(runtime: Runtime, port: number): Promise<LoopbackServer> {
  // Loaded only now, because the logger reads its level from the environment that the runtime has set.
  const { createApp, readBody } = await import('../../functions/api/app.ts');
  const { invalidFields, problemAnswer, RequestError } = await import('../../functions/api/problem.ts');
  const { createWebhookApp } = await import('../../functions/webhooks/app.ts');
  const { webhookSourcesFromEnvironment } = await import('../../functions/webhooks/sources.ts');
  const { runSourcesFromEnvironment } = await import('../../functions/runs/run-sources.ts');

  const parseEvents = (body: unknown): HrEvent[] => {
    const parsed = Array.isArray(body) ? z.safeParse(HrEvents, body) : z.safeParse(HrEvent, body);
    if (!parsed.success) throw invalidFields(parsed.error);
    return Array.isArray(parsed.data) ? parsed.data : [parsed.data];
  };

  const app = createApp({
    ...runSourcesFromEnvironment(),
    store: runtime.store,
    roster: runtime.roster,
    graph: graphStore(IDENTITY_TABLE),
  });
  app.put('/events', async (context) => {
    const events = parseEvents(await readBody(context, z.unknown()));
    const runs: StartedRun[] = [];
    for (const event of events) runs.push(await runtime.put(event));
    return context.json({ runs }, runs.some(({ status }) => status === 'started') ? 202 : 200);
  });
  const webhooks = createWebhookApp(webhookSourcesFromEnvironment());
  return startLoopbackServer((request) => {
    if (isLoopback(request)) return (isWebhook(request) ? webhooks : app).fetch(request);
    return problemAnswer(new RequestError(421, 'This API is for this machine only; call 127.0.0.1.'));
  }, port);
}

function isWebhook(request: Request): boolean {
  return new URL(request.url).pathname.startsWith('/webhooks/');
}

/** A web page can point its own name at this machine and call it from a browser, but not as 127.0.0.1. */
function isLoopback(request: Request): boolean {
  return /^(localhost|127\.0\.0\.1)$/.test(new URL(request.url).hostname);
}
