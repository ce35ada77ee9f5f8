import { subscribe } from 'node:diagnostics_channel';
import { EventEmitter } from 'node:events';
import { type IncomingHttpHeaders, type OutgoingHttpHeaders, Server } from 'node:http';
import { Readable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { AwsSdkSigV4Signer } from '@aws-sdk/core/httpAuthSchemes';
import { NoOpLogger } from '@smithy/core/client';
import { HttpRequest, HttpResponse } from '@smithy/core/protocols';
import * as z from 'zod/mini';

// Most of what a test spends is spent on sockets, though its servers run in the same process. Here the requests of the
// AWS SDK and of `fetch` to a server of this process go straight to that server's listeners, with the same headers and
// bytes; all others take the socket. A file that is about sockets calls `useSockets`.

type Asked = { method: string; path: string; headers: Record<string, string>; body: Buffer };
const Identity = z.object({ accessKeyId: z.string() });

type Answered = { status: number; headers: Record<string, string>; body: Buffer };

const servers = new Map<string, Server>();
let usesSockets = false;

/** Has all requests take the socket until the end of the test file. */
export function useSockets(): void {
  usesSockets = true;
}

/** Has requests to servers of this process take no socket, from now on. */
export function avoidSockets(): void {
  usesSockets = false;
}

subscribe('tracing:net.server.listen:asyncEnd', (message) => {
  const server = (message as { server?: unknown }).server;
  const address = server instanceof Server ? server.address() : null;
  if (!(server instanceof Server) || address === null || typeof address === 'string') return;
  const host = `127.0.0.1:${address.port}`;
  servers.set(host, server);
  // One listener for each request that is under way.
  server.setMaxListeners(0);
  server.once('close', () => servers.delete(host));
});

/** The server of this process at `host`; undefined where there is none, or requests take the socket. */
export const serverAt = (host: string): Server | undefined => (usesSockets ? undefined : servers.get(host));

/** What a listener of `node:http` reads of a request. */
class Incoming extends Readable {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly rawHeaders: string[];
  readonly httpVersion = '1.1';
  readonly socket: { destroy: () => void };
  readonly #body: Buffer;

  constructor({ method, path, headers, body }: Asked, cut: () => void) {
    super();
    this.method = method;
    this.url = path;
    this.headers = headers;
    this.rawHeaders = Object.entries(headers).flat();
    this.socket = { destroy: cut };
    this.#body = body;
  }

  override _read(): void {
    if (this.#body.length > 0) this.push(this.#body);
    this.push(null);
  }
}

/** What a listener of `node:http` writes an answer to. */
class Outgoing extends EventEmitter {
  statusCode = 200;
  headersSent = false;
  writableFinished = false;
  readonly writable = true;
  readonly #headers = new Map<string, string>();
  readonly #chunks: Uint8Array[] = [];
  readonly #answer: (answer: Answered) => void;

  constructor(answer: (answer: Answered) => void) {
    super();
    this.#answer = answer;
  }

  setHeader(name: string, value: unknown): void {
    this.#headers.set(name.toLowerCase(), String(value));
  }

  writeHead(status: number, headers: OutgoingHttpHeaders = {}): this {
    this.statusCode = status;
    this.headersSent = true;
    for (const [name, value] of Object.entries(headers)) if (value !== undefined) this.setHeader(name, value);
    return this;
  }

  write(chunk: string | Uint8Array): boolean {
    this.#chunks.push(Buffer.from(chunk));
    return true;
  }

  end(chunk?: string | Uint8Array): void {
    if (chunk !== undefined) this.write(chunk);
    this.writableFinished = true;
    this.#answer({
      status: this.statusCode,
      headers: Object.fromEntries(this.#headers),
      body: Buffer.concat(this.#chunks),
    });
    this.emit('finish');
    this.emit('close');
  }

  /** As a socket does that is gone before the answer. */
  destroy(): void {
    if (!this.writableFinished) this.emit('close');
  }
}

/** Asks a server of this process. @throws Error when it cuts the connection or closes, or `signal` aborts. */
async function ask(server: Server, asked: Asked, signal?: AbortSignal): Promise<Answered> {
  // Whoever waits for a timer gets a turn between two requests, as with sockets.
  await nextTurn();
  // Closed meanwhile: what is behind it is gone, too.
  if (!server.listening) throw Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
  const { promise, resolve, reject } = Promise.withResolvers<Answered>();
  const cut = () => reject(Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' }));
  const outgoing = new Outgoing(resolve);
  const onAbort = () => reject(signal?.reason);
  server.once('close', cut);
  signal?.addEventListener('abort', onAbort);
  try {
    signal?.throwIfAborted();
    server.emit('request', new Incoming(asked, cut), outgoing);
    return await promise;
  } finally {
    outgoing.destroy();
    server.off('close', cut);
    signal?.removeEventListener('abort', onAbort);
  }
}

const socketFetch = globalThis.fetch;

// All clients say what is to be done with a redirect. What a test itself fetches takes the socket.
globalThis.fetch = async (input, init) => {
  const { host, pathname, search } = new URL(input instanceof Request ? input.url : input);
  const server = init?.redirect === 'manual' ? serverAt(host) : undefined;
  if (server === undefined) return socketFetch(input, init);
  const request = new Request(input, init);
  const body = Buffer.from(await request.arrayBuffer());
  const headers = {
    ...Object.fromEntries(request.headers),
    host,
    ...(body.length > 0 ? { 'content-length': String(body.length) } : {}),
  };
  const asked = { method: request.method, path: pathname + search, headers, body };
  const signal = init?.signal ?? undefined;
  const answer = await ask(server, asked, signal).catch((cause: unknown) => {
    throw signal?.aborted === true ? cause : new TypeError('fetch failed', { cause });
  });
  return responseOf(answer);
};

function responseOf({ status, headers, body }: Answered): Response {
  const isEmpty = status === 204 || status === 304;
  return new Response(isEmpty ? null : new Uint8Array(body), { status, headers });
}

const { requestHandler } = new DynamoDBClient({ region: 'local' }).config;
const handler: typeof requestHandler = Object.getPrototypeOf(requestHandler);
const socketHandle = handler.handle;

handler.handle = async function (request, options) {
  const server = serverAt(hostOf(request));
  if (server === undefined) return socketHandle.call(this, request, options);
  const { method, path, headers } = request;
  // The SDK warns of a body that Buffer.from reads, which asks it for its text.
  const body = ArrayBuffer.isView(request.body)
    ? Buffer.copyBytesFrom(request.body)
    : Buffer.from(request.body ?? '');
  const asked = { method, path, headers, body };
  const answer = await ask(server, asked);
  const { status: statusCode } = answer;
  return { response: new HttpResponse({ statusCode, headers: answer.headers, body: answer.body }) };
};

// The servers here read the access key and no more, and a signature costs as much as their answer.
const signedBy = (accessKeyId: string) => ({
  authorization: `AWS4-HMAC-SHA256 Credential=${accessKeyId}/, SignedHeaders=host, Signature=none`,
  'x-amz-date': '20250101T000000Z',
});

const { sign } = AwsSdkSigV4Signer.prototype;

AwsSdkSigV4Signer.prototype.sign = async function (request, identity, properties) {
  if (!HttpRequest.isInstance(request) || serverAt(hostOf(request)) === undefined)
    return sign.call(this, request, identity, properties);
  const { accessKeyId } = z.parse(Identity, identity);
  Object.assign(request.headers, signedBy(accessKeyId));
  return request;
};

// Otherwise the SDK prepares a line for each call, and drops it.
Object.assign(NoOpLogger.prototype, { info: undefined });

function hostOf({ hostname, port }: { hostname: string; port?: number | undefined }): string {
  return `${hostname}:${port}`;
}
