import type { Context, Hono, MiddlewareHandler } from 'hono';
import { logger } from '../shared/logger.ts';
import { RequestError } from './problem.ts';

/** The error of a request that no route takes: 405 when another method would do, else 404. */
export function noSuchRoute(app: Hono, { req }: Context): RequestError {
  const methods = app.routes
    .filter(({ method, path }) => method !== 'ALL' && routePattern(path).test(req.path))
    .map(({ method }) => method);
  if (methods.length === 0)
    return new RequestError(404, 'There is no such route; docs/openapi.json lists those there are.');
  const allow = methods.join(', ');
  return new RequestError(405, `This route answers ${allow} only.`, { headers: { allow } });
}

function routePattern(path: string): RegExp {
  return new RegExp(`^${path.replaceAll(/:\w+/g, '[^/]+')}$`);
}

/** One line for each request. The path holds ids only; the query, the headers and the body stay out. */
export const logRequest: MiddlewareHandler = async (context, next) => {
  const { method, path } = context.req;
  const startedAt = performance.now();
  await next();
  const ms = Math.round(performance.now() - startedAt);
  logger.info('request done', { method, path, status: context.res.status, ms });
};
