import { ConditionalCheckFailedException, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import * as z from 'zod/mini';
import { postWithoutSocket } from './without-sockets.ts';

// For a request to a table, the SDK spends more than the table of a test does on its answer. Here the input goes to a
// table of this process as the same JSON, and the answer comes back, without what the SDK does between. Middleware that
// sees the input runs as always. What the table refuses, but for a condition that does not hold, the SDK asks again, so
// that its retries and errors are the real ones.

const OPERATIONS = new Map(
  ['GetItem', 'PutItem', 'UpdateItem', 'DeleteItem', 'Query', 'Scan'].map((name) => [`${name}Command`, name]),
);

const Refused = z.looseObject({ __type: z.string(), message: z._default(z.string(), '') });

const { send } = DynamoDBClient.prototype;
const known = new WeakSet<DynamoDBClient>();

Object.assign(DynamoDBClient.prototype, {
  send(this: DynamoDBClient, ...parameters: Parameters<typeof send>) {
    if (!known.has(this)) askDirectly(this);
    known.add(this);
    return send.apply(this, parameters);
  },
});

function askDirectly(client: DynamoDBClient): void {
  client.middlewareStack.add(
    (next, { commandName = '' }) =>
      async (args) => {
        const operation = OPERATIONS.get(commandName);
        const output = operation === undefined ? undefined : await ask(client, operation, args.input);
        return output === undefined ? next(args) : { response: undefined, output };
      },
    { step: 'serialize', priority: 'high' },
  );
}

/** The table's answer; undefined where the SDK has to ask. @throws ConditionalCheckFailedException */
async function ask({ config }: DynamoDBClient, operation: string, input: object) {
  const { hostname, port } = config.endpoint ? await config.endpoint() : placeOfEnvironment();
  const { accessKeyId } = await config.credentials();
  const headers = {
    'content-type': 'application/x-amz-json-1.0',
    'x-amz-target': `DynamoDB_20120810.${operation}`,
  };
  const body = JSON.stringify(input, bytesAsText);
  const answer = await postWithoutSocket({ host: `${hostname}:${port}`, accessKeyId, headers, body });
  if (answer === undefined) return undefined;
  const $metadata = { httpStatusCode: answer.status, attempts: 1, totalRetryDelay: 0 };
  const said: object = JSON.parse(answer.body, answer.body.includes('"B":') ? textAsBytes : undefined);
  if (answer.status === 200) return { ...said, $metadata };
  const { __type, message, ...rest } = z.parse(Refused, said);
  if (!__type.endsWith('#ConditionalCheckFailedException')) return undefined;
  throw new ConditionalCheckFailedException({ ...rest, message, $metadata });
}

function placeOfEnvironment(): { hostname: string; port: string } {
  return new URL(
    process.env.AWS_ENDPOINT_URL_DYNAMODB ?? process.env.AWS_ENDPOINT_URL ?? 'https://nowhere.invalid',
  );
}

/** A replacer for `JSON.stringify`, which asks a Buffer for its own form before it asks us. */
function bytesAsText(this: unknown, name: string, value: unknown): unknown {
  const given = name === 'B' ? Object(this)[name] : value;
  return given instanceof Uint8Array ? Buffer.from(given).toString('base64') : value;
}

function textAsBytes(name: string, value: unknown): unknown {
  return name === 'B' && typeof value === 'string' ? new Uint8Array(Buffer.from(value, 'base64')) : value;
}
