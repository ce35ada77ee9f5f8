import type { Hono } from 'hono';
import { handle, type LambdaEvent } from 'hono/aws-lambda';

type HttpApiEvent = Extract<LambdaEvent, { routeKey: string }>;

/** The handler of a Lambda that answers routes of the API. */
export function asLambda(app: Hono) {
  const answer = handle(app);
  return (event: HttpApiEvent) => answer(withEncodedPath(event));
}

/**
 * The event with the path as the caller sent it. API Gateway decodes it, and then an id with a slash or a percent sign would end
 * up at another route; it also puts the stage in front where the stage has a name.
 */
function withEncodedPath(event: HttpApiEvent): HttpApiEvent {
  return { ...event, rawPath: encodedPath(event) };
}

function encodedPath({ routeKey, rawPath, pathParameters }: HttpApiEvent): string {
  const [, route] = routeKey.split(' ');
  if (route === undefined) return rawPath;
  return route.replaceAll(/\{(\w+)\+?\}/g, (_, name: string) =>
    encodeURIComponent(pathParameters?.[name] ?? ''),
  );
}
