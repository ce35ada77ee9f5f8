import http, { Server } from 'node:http';
import { createRequire } from 'node:module';
import { ConditionalCheckFailedException, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import db, { type Store } from 'dynalite/db/index.js';
import validations, { type Validation } from 'dynalite/validations/index.js';
import * as z from 'zod/mini';
import './known-expressions.ts';
import { serverAt } from './without-sockets.ts';

// For a request to a table, the SDK and HTTP spend more than the table of a test does on its answer. Here the input
// goes straight to what dynalite's server does with it, and the answer comes back, without what lies between.
// Middleware that sees the input runs as always. A client's first request goes the whole way, so that the server
// admits it; and so does again what the table refuses, but for a condition that does not hold, so that the SDK's
// retries and errors are the real ones.

type Action = (store: Store, input: object, done: (error: unknown, output?: object) => void) => void;
type Operation = { act: Action; validation: Validation };

const require = createRequire(import.meta.url);

const OPERATIONS = new Map<string, Operation>(
  ['getItem', 'putItem', 'updateItem', 'deleteItem', 'query', 'scan', 'batchWriteItem', 'batchGetItem'].map(
    (name) => [
      `${name.charAt(0).toUpperCase()}${name.slice(1)}Command`,
      { act: require(`dynalite/actions/${name}`), validation: require(`dynalite/validations/${name}`) },
    ],
  ),
);

/** What answers a server's requests, and those that it is answering. */
type Table = { store: Store; asked: Set<Promise<unknown>> };

const tables = new WeakMap<Server, Table>();

// dynalite makes a store, then the server that has it, and gives out the server only.
const { create } = db;
const { createServer } = http;
let newest: Store | undefined;

db.create = (options) => {
  newest = create(options);
  return newest;
};

http.createServer = ((...parameters: Parameters<typeof createServer>) => {
  const server = createServer(...parameters);
  if (newest !== undefined) tables.set(server, { store: newest, asked: new Set() });
  newest = undefined;
  return server;
}) as typeof createServer;

const { close } = Server.prototype;

// As with HTTP, the store stays open until the last answer.
Server.prototype.close = function (done) {
  const asked = tables.get(this)?.asked ?? new Set();
  tables.delete(this);
  if (asked.size === 0) return close.call(this, done);
  Promise.allSettled(asked).then(() => close.call(this, done));
  return this;
};

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
  // The servers that have admitted this client.
  const admitting = new WeakSet<Server>();
  client.middlewareStack.add(
    (next, { commandName = '' }) =>
      async (args) => {
        const operation = OPERATIONS.get(commandName);
        const server = await serverOf(client);
        const table = server === undefined ? undefined : tables.get(server);
        if (operation === undefined || server?.listening !== true || table === undefined) return next(args);
        if (admitting.has(server)) {
          const output = await ask(table, operation, args.input);
          if (output !== undefined) return { response: undefined, output };
        }
        const answer = await next(args);
        admitting.add(server);
        return answer;
      },
    { step: 'serialize', priority: 'high' },
  );
}

async function serverOf({ config }: DynamoDBClient): Promise<Server | undefined> {
  const { hostname, port } = config.endpoint ? await config.endpoint() : placeOfEnvironment();
  return serverAt(`${hostname}:${port}`);
}

const Refusal = z.object({
  body: z.looseObject({ __type: z.string(), message: z._default(z.string(), '') }),
});

/** The table's answer; undefined where the SDK has to ask. @throws ConditionalCheckFailedException */
async function ask({ store, asked }: Table, { act, validation }: Operation, input: object) {
  const done = { attempts: 1, totalRetryDelay: 0 };
  try {
    const checked = validations.checkTypes(asJson(input), validation.types);
    validations.checkValidations(checked, validation.types, validation.custom, store);
    const { promise, resolve, reject } = Promise.withResolvers<object>();
    asked.add(promise);
    promise.finally(() => asked.delete(promise)).catch(() => undefined);
    act(store, checked, (error, output = {}) => (error ? reject(error) : resolve(output)));
    return Object.assign(answered(await promise), { $metadata: { ...done, httpStatusCode: 200 } });
  } catch (error) {
    const refusal = z.safeParse(Refusal, error);
    if (!refusal.success) return undefined;
    const { __type, message, ...rest } = refusal.data.body;
    if (!__type.endsWith('#ConditionalCheckFailedException')) return undefined;
    const $metadata = { ...done, httpStatusCode: 400 };
    throw new ConditionalCheckFailedException({ ...answered(rest), message, $metadata });
  }
}

/** The input as a server reads it: a copy, without what is undefined, and bytes as text. */
function asJson(input: object): object {
  const copy: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(input)) if (value !== undefined) copy[name] = valueAsJson(value);
  return copy;
}

function valueAsJson(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  return Array.isArray(value) ? value.map(valueAsJson) : asJson(value);
}

/** What the table said as the SDK gives it: a copy, with bytes. */
function answered(said: object): object {
  const text = JSON.stringify(said);
  return JSON.parse(text, text.includes('"B":') ? textAsBytes : undefined);
}

function textAsBytes(name: string, value: unknown): unknown {
  return name === 'B' && typeof value === 'string' ? new Uint8Array(Buffer.from(value, 'base64')) : value;
}

function placeOfEnvironment(): { hostname: string; port: string } {
  return new URL(
    process.env.AWS_ENDPOINT_URL_DYNAMODB ?? process.env.AWS_ENDPOINT_URL ?? 'https://nowhere.invalid',
  );
}
