import { once } from 'node:events';
import { chmodSync, mkdirSync } from 'node:fs';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import {
  CreateTableCommand,
  DynamoDBClient,
  ResourceInUseException,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb';
import dynalite from 'dynalite';
import { OWNER_ONLY } from '../../functions/files/owner-only.ts';
import { foreignCaller, isSignedWith } from './caller.ts';

export type TablesEndpoint = { url: string; close: () => Promise<void> };

/** The identity table's name in the embedded runtime. */
export const IDENTITY_TABLE = 'tenure-identity';

/** The coordination table's name in the embedded runtime. */
export const COORDINATION_TABLE = 'tenure-coordination';

/**
 * Starts a local DynamoDB on loopback and creates the identity table and the coordination table.
 *
 * @param accessKeyId only requests signed with this key are answered.
 * @param directory where the tables are kept; in memory when left out.
 */
export async function startTables(accessKeyId: string, directory?: string): Promise<TablesEndpoint> {
  if (directory !== undefined) closeToOthers(directory);
  const server = dynalite({ createTableMs: 0, ...(directory === undefined ? {} : { path: directory }) });
  admitOnly(server, accessKeyId);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The local DynamoDB has no port.');
  const url = `http://127.0.0.1:${address.port}`;
  const idle = whenIdle(server);
  for (const name of [IDENTITY_TABLE, COORDINATION_TABLE]) await createTable(url, name, accessKeyId);
  return {
    url,
    close: async () => {
      // A step that was stopped may still be writing, and dynalite crashes when its files are deleted meanwhile.
      server.removeAllListeners('request');
      server.on('request', (_, response: ServerResponse) => response.destroy());
      await idle();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}

/** The database makes its files with whatever mode it likes, so its folder is what others cannot enter. */
function closeToOthers(directory: string): void {
  mkdirSync(directory, { recursive: true, mode: OWNER_ONLY.folder });
  chmodSync(directory, OWNER_ONLY.folder);
}

/** dynalite itself answers whoever asks, and tells browsers that pages of every origin may. */
function admitOnly(server: Server, accessKeyId: string): void {
  const handlers = server.listeners('request');
  server.removeAllListeners('request');
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    const { host, origin, authorization } = request.headers;
    if (foreignCaller({ host, origin }) === null && isSignedWith(accessKeyId, authorization)) {
      for (const handle of handlers) handle.call(server, request, response);
      return;
    }
    response.writeHead(403, { 'content-type': 'application/x-amz-json-1.0', connection: 'close' });
    response.end(JSON.stringify({ __type: 'AccessDeniedException' }));
  });
}

/** Resolves once the server is answering no request. */
function whenIdle(server: Server): () => Promise<void> {
  let open = 0;
  server.on('request', (_, response: ServerResponse) => {
    open += 1;
    response.once('close', () => {
      open -= 1;
      if (open === 0) server.emit('idle');
    });
  });
  return async () => {
    if (open > 0) await once(server, 'idle');
  };
}

async function createTable(endpoint: string, name: string, accessKeyId: string): Promise<void> {
  const credentials = { accessKeyId, secretAccessKey: 'local' };
  const client = new DynamoDBClient({ endpoint, region: 'local', credentials });
  const create = new CreateTableCommand({
    TableName: name,
    BillingMode: 'PAY_PER_REQUEST',
    KeySchema: [
      { AttributeName: 'pk', KeyType: 'HASH' },
      { AttributeName: 'sk', KeyType: 'RANGE' },
    ],
    AttributeDefinitions: [
      { AttributeName: 'pk', AttributeType: 'S' },
      { AttributeName: 'sk', AttributeType: 'S' },
    ],
  });
  await client.send(create).catch((error: unknown) => {
    // Kept from an earlier run with the same directory.
    if (!(error instanceof ResourceInUseException)) throw error;
  });
  await waitUntilTableExists({ client, maxWaitTime: 10, minDelay: 0.05, maxDelay: 0.2 }, { TableName: name });
  client.destroy();
}
