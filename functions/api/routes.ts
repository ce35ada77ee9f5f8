import type { Context, Hono, MiddlewareHandler } from 'hono';
import { routePath } from 'hono/route';
import { logger } from '../shared/logger.ts';
import { requestIdOf } from './origin.ts';
import { problemAnswer, RequestError } from './problem.ts';

/** The error of a request that no route takes: 405 when another method would do, else 404. */
function noSuchRoute(app: Hono, { req }: Context): RequestError {
  const methods = app.routes
    .filter(({ method, path }) => method !== 'ALL' && routePattern(path).test(req.path))
    .map(({ method }) => method);
  if (methods.length === 0)
    return new RequestError(404, 'There is no such route; docs/openapi.json lists those there are.');
  const allow = methods.join(', ');
  return new RequestError(405, `This route answers ${allow} only.`, { headers: { allow } });
}

/** Answers what no route takes, and what a route throws, with a problem. */
export function closeRoutes(app: Hono): void {
  app.notFound((context) => problemAnswer(noSuchRoute(app, context)));
  app.onError(problemAnswer);
}

function routePattern(path: string): RegExp {
  return new RegExp(`^${path.replaceAll(/:\w+/g, '[^/]+')}$`);
}

const METHODS: readonly string[] = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'];

/**
 * One line for each request: its route, and the employee and the run that it was about once it was served. Whatever
 * else a caller writes into a path, a query, a header or a body may be somebody's address, and stays out. The request id
 * is that of the access log and of the run's origin.
 */
export const logRequest: MiddlewareHandler = async (context, next) => {
  const { method } = context.req;
  const startedAt = performance.now();
  await next();
  const { status } = context.res;
  logger.info('request done', {
    requestId: requestIdOf(context),
    method: METHODS.includes(method) ? method : 'other',
    route: routeOf(context),
    ...(status < 400 ? subjectOf(context) : {}),
    status,
    ms: Math.round(performance.now() - startedAt),
  });
};

/** The pattern of the route that answered; null where there is none. */
function routeOf(context: Context): string | null {
  const path = routePath(context, -1);
  return path.includes('*') ? null : path;
}

function subjectOf(context: Context): { employeeId?: string | undefined; run?: string | undefined } {
  const { employeeId, name } = context.req.param();
  const started = context.res.headers.get('location')?.match(/^\/runs\/(.+)$/)?.[1];
  return { employeeId, run: started ?? name };
}
