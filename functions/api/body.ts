import type { Context } from 'hono';
import * as z from 'zod/mini';
import { parseJson } from '../shared/json.ts';
import { unknownFields } from '../shared/unknown-fields.ts';
import { invalidFields, RequestError } from './problem.ts';

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
  return parseBody(schema, body);
}

/**
 * A body, or the part of one at `at`, in the form that `schema` asks for. Fields that it does not know are wrong too.
 *
 * @throws RequestError 422
 */
export function parseBody<T>(schema: z.ZodMiniType<T>, body: unknown, at: readonly string[] = []): T {
  const parsed = z.safeParse(schema, body);
  const issues = [...(parsed.error?.issues ?? []), ...unknownFields(schema, body)];
  if (!parsed.success || issues.length > 0) throw invalidFields({ issues }, at);
  return parsed.data;
}
