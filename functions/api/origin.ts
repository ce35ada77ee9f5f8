import type { Context } from 'hono';
import * as z from 'zod/mini';
import type { Origin } from '../shared/origin.ts';

// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
const RequestContext = z.object({ requestContext: z.object({ requestId: z.string() }) });
const Caller = z.union([
  z.pipe(
    z.object({
      requestContext: z.object({ authorizer: z.object({ iam: z.object({ userArn: z.string() }) }) }),
    }),
    z.transform(({ requestContext }) => requestContext.authorizer.iam.userArn),
  ),
  z.pipe(
    z.object({
      requestContext: z.object({
        authorizer: z.object({ jwt: z.object({ claims: z.object({ sub: z.string() }) }) }),
      }),
    }),
    z.transform(({ requestContext }) => requestContext.authorizer.jwt.claims.sub),
  ),
  // On a laptop, where nobody checks: whoever serves the API.
  z.pipe(
    z.object({ systemUser: z.string() }),
    z.transform(({ systemUser }) => systemUser),
  ),
]);

/** Who sent a request, as API Gateway has checked it; null where nobody has. */
export function callerOf({ env }: Context): string | null {
  return z.safeParse(Caller, env).data ?? null;
}

/** API Gateway's id of a request, which is in its access log; null where it did not come that way. */
export function requestIdOf({ env }: Context): string | null {
  return z.safeParse(RequestContext, env).data?.requestContext.requestId ?? null;
}

/** What a request for a run is recorded as. Its id is the one in the API's access log. */
export function originOf(context: Context): Origin {
  return {
    id: requestIdOf(context) ?? crypto.randomUUID(),
    source: 'api',
    receivedAt: new Date().toISOString(),
    requester: { via: 'api', name: callerOf(context) },
  };
}
