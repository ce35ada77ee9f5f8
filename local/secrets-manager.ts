import { Hono } from 'hono';
import * as z from 'zod/mini';
import { type LoopbackServer, startLoopbackServer } from './loopback-server.ts';

const Request = z.object({ SecretId: z.string() });

/**
 * A Secrets Manager endpoint on loopback that knows one operation, GetSecretValue:
 * https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html
 *
 * @param accessKeyId only requests signed with this key are answered, so that no other program on the machine
 *   gets the secrets by asking for them.
 */
export function startSecretsManager(
  secrets: ReadonlyMap<string, string>,
  accessKeyId: string,
): Promise<LoopbackServer> {
  const app = new Hono();
  app.post('/', async (context) => {
    const refuse = (type: string, status: 400 | 403) => context.json({ __type: type }, status);
    const signature = context.req.header('authorization') ?? '';
    if (!signature.includes(`Credential=${accessKeyId}/`)) return refuse('AccessDeniedException', 403);
    if (context.req.header('x-amz-target') !== 'secretsmanager.GetSecretValue')
      return refuse('UnknownOperationException', 400);
    const request = z.safeParse(Request, await context.req.json().catch(() => undefined));
    if (!request.success) return refuse('InvalidRequestException', 400);
    const { SecretId } = request.data;
    const SecretString = secrets.get(SecretId);
    if (SecretString === undefined) return refuse('ResourceNotFoundException', 400);
    return context.json({ Name: SecretId, SecretString }, 200, {
      'content-type': 'application/x-amz-json-1.1',
    });
  });
  return startLoopbackServer(app.fetch);
}
