import { randomInt } from 'node:crypto';
import { Hono } from 'hono';
import * as z from 'zod/mini';
import { isSignedWith } from './caller.ts';
import { type LoopbackServer, startLoopbackServer } from './loopback-server.ts';

const GetSecretValue = z.object({
  SecretId: z.string(),
  VersionId: z.optional(z.string()),
  VersionStage: z._default(z.string(), 'AWSCURRENT'),
});
const DescribeSecret = z.object({ SecretId: z.string() });
const RotateSecret = z.object({ SecretId: z.string(), ClientRequestToken: z.string() });
const GetRandomPassword = z.object({
  PasswordLength: z._default(z.int(), 32),
  ExcludeCharacters: z._default(z.string(), ''),
});
const PutSecretValue = z.object({
  SecretId: z.string(),
  ClientRequestToken: z.string().check(z.minLength(32), z.maxLength(64)),
  SecretString: z.string(),
  VersionStages: z._default(z.array(z.string()), ['AWSCURRENT']),
});
const UpdateSecretVersionStage = z.object({
  SecretId: z.string(),
  VersionStage: z.string(),
  MoveToVersionId: z.string(),
  RemoveFromVersionId: z.optional(z.string()),
});

type Secret = {
  versions: Map<string, { text: string; storedAt: number }>;
  /** Staging label → the id of the version it is on. */
  stages: Map<string, string>;
  isRotated: boolean;
};

/** A refusal by its name, or the content of the answer. */
type Answer = { refusal: string } | Record<string, unknown>;

export type SecretsManagerOptions = {
  /** Called with every text that is stored, before the request is answered. */
  onPut?: (name: string, text: string) => void;
  /** The current time in epoch milliseconds. */
  now?: () => number;
};

/**
 * A Secrets Manager endpoint on loopback with the operations that tenure uses:
 * https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_Operations.html
 * RotateSecret begins a rotation; the caller has to invoke the rotation's Lambda.
 *
 * @param accessKeyId only requests signed with this key are answered, so that no other program on the machine
 *   gets the secrets by asking for them.
 */
export function startSecretsManager(
  secrets: ReadonlyMap<string, string>,
  accessKeyId: string,
  options: SecretsManagerOptions = {},
): Promise<LoopbackServer> {
  const { now = Date.now } = options;
  const held = new Map([...secrets].map(([name, text]) => [name, firstVersion(text, now())]));
  const operations: Record<string, (body: unknown) => Answer> = {
    GetSecretValue: withInput(GetSecretValue, held, getSecretValue),
    PutSecretValue: withInput(PutSecretValue, held, (secret, input) => {
      const answer = putSecretValue(secret, input, now());
      if (!('refusal' in answer)) options.onPut?.(input.SecretId, input.SecretString);
      return answer;
    }),
    UpdateSecretVersionStage: withInput(UpdateSecretVersionStage, held, updateSecretVersionStage),
    DescribeSecret: withInput(DescribeSecret, held, describeSecret),
    RotateSecret: withInput(RotateSecret, held, rotateSecret),
    GetRandomPassword: getRandomPassword,
  };

  const app = new Hono();
  app.post('/', async (context) => {
    const refuse = (type: string, status: 400 | 403) => context.json({ __type: type }, status);
    if (!isSignedWith(accessKeyId, context.req.header('authorization')))
      return refuse('AccessDeniedException', 403);
    const target = context.req.header('x-amz-target') ?? '';
    const operation = operations[target.replace(/^secretsmanager\./, '')];
    if (operation === undefined) return refuse('UnknownOperationException', 400);
    const answer = operation(await context.req.json().catch(() => undefined));
    if ('refusal' in answer) return refuse(String(answer.refusal), 400);
    return context.json(answer, 200, { 'content-type': 'application/x-amz-json-1.1' });
  });
  return startLoopbackServer(app.fetch);
}

function firstVersion(text: string, storedAt: number): Secret {
  const id = crypto.randomUUID();
  return {
    versions: new Map([[id, { text, storedAt }]]),
    stages: new Map([['AWSCURRENT', id]]),
    isRotated: false,
  };
}

function withInput<Input extends { SecretId: string }>(
  schema: z.ZodMiniType<Input>,
  held: ReadonlyMap<string, Secret>,
  run: (secret: Secret, input: Input) => Answer,
): (body: unknown) => Answer {
  return (body) => {
    const input = z.safeParse(schema, body);
    if (!input.success) return { refusal: 'InvalidRequestException' };
    const secret = held.get(input.data.SecretId);
    return secret === undefined ? { refusal: 'ResourceNotFoundException' } : run(secret, input.data);
  };
}

function getSecretValue(secret: Secret, input: z.infer<typeof GetSecretValue>): Answer {
  const id = input.VersionId ?? secret.stages.get(input.VersionStage) ?? '';
  const version = secret.versions.get(id);
  if (version === undefined) return { refusal: 'ResourceNotFoundException' };
  return {
    Name: input.SecretId,
    VersionId: id,
    SecretString: version.text,
    CreatedDate: version.storedAt / 1000,
    VersionStages: stagesOf(secret, id),
  };
}

function putSecretValue(secret: Secret, input: z.infer<typeof PutSecretValue>, storedAt: number): Answer {
  const { SecretId, ClientRequestToken: id, SecretString: text, VersionStages } = input;
  const known = secret.versions.get(id);
  if (known !== undefined && known.text !== text) return { refusal: 'ResourceExistsException' };
  if (known === undefined) {
    secret.versions.set(id, { text, storedAt });
    for (const stage of VersionStages) moveStage(secret, stage, id);
  }
  return { Name: SecretId, VersionId: id, VersionStages };
}

function updateSecretVersionStage(secret: Secret, input: z.infer<typeof UpdateSecretVersionStage>): Answer {
  const { SecretId, VersionStage, MoveToVersionId, RemoveFromVersionId } = input;
  if (!secret.versions.has(MoveToVersionId)) return { refusal: 'ResourceNotFoundException' };
  if (secret.stages.get(VersionStage) !== RemoveFromVersionId)
    return { refusal: 'InvalidParameterException' };
  moveStage(secret, VersionStage, MoveToVersionId);
  return { Name: SecretId };
}

function describeSecret(secret: Secret, { SecretId }: z.infer<typeof DescribeSecret>): Answer {
  const ids = [...new Set(secret.stages.values())];
  return {
    Name: SecretId,
    // AWS leaves the field out as long as no rotation was ever set up.
    ...(secret.isRotated ? { RotationEnabled: true } : {}),
    VersionIdsToStages: Object.fromEntries(ids.map((id) => [id, stagesOf(secret, id)])),
  };
}

function rotateSecret(secret: Secret, input: z.infer<typeof RotateSecret>): Answer {
  const { SecretId, ClientRequestToken: id } = input;
  const pending = secret.stages.get('AWSPENDING');
  const isUnderWay = pending !== undefined && pending !== secret.stages.get('AWSCURRENT');
  // "A previous rotation isn't complete. That rotation will be reattempted."
  if (isUnderWay && pending !== id) return { refusal: 'InvalidRequestException' };
  secret.isRotated = true;
  // AWS sets the label before the version has a value.
  secret.stages.set('AWSPENDING', id);
  return { Name: SecretId, VersionId: id };
}

function getRandomPassword(body: unknown): Answer {
  const input = z.safeParse(GetRandomPassword, body);
  if (!input.success) return { refusal: 'InvalidParameterException' };
  const { PasswordLength, ExcludeCharacters } = input.data;
  const printable = Array.from({ length: 94 }, (_, index) => String.fromCharCode(33 + index));
  const allowed = printable.filter((character) => !ExcludeCharacters.includes(character));
  const draw = () => allowed[randomInt(allowed.length)];
  return { RandomPassword: Array.from({ length: PasswordLength }, draw).join('') };
}

function stagesOf(secret: Secret, id: string): string[] {
  return [...secret.stages].filter(([, holder]) => holder === id).map(([stage]) => stage);
}

function moveStage(secret: Secret, stage: string, id: string): void {
  const before = secret.stages.get(stage);
  if (stage === 'AWSCURRENT' && before !== undefined && before !== id)
    secret.stages.set('AWSPREVIOUS', before);
  secret.stages.set(stage, id);
}
