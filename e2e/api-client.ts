import { request as httpsRequest } from 'node:https';
import type { LookupFunction } from 'node:net';
import { Sha256 } from '@smithy/core/checksum';
import { SignatureV4 } from '@smithy/signature-v4';

export type Credentials = { accessKeyId: string; secretAccessKey: string };

export type ApiRequest = {
  method: 'GET' | 'POST' | 'DELETE';
  path: string;
  query?: Record<string, string>;
  body?: unknown;
  headers?: Record<string, string>;
};

export type ApiAnswer = {
  status: number;
  contentType: string;
  location: string | undefined;
  body: unknown;
};

export type ApiClient = {
  credentials: Credentials;
  /** Sends the request signed, as API Gateway asks for with IAM authorization. @throws when it cannot be sent */
  send: (request: ApiRequest, credentials?: Credentials) => Promise<ApiAnswer>;
  /** Sends it as somebody without credentials would. */
  sendUnsigned: (request: ApiRequest) => Promise<ApiAnswer>;
};

const LONGEST_ANSWER_MS = 30_000;

/** A client of the deployed API, at the URL that the stack's output gives. */
export function apiClient(apiUrl: string, region: string, credentials: Credentials): ApiClient {
  const url = new URL(apiUrl);
  return {
    credentials,
    send: async (request, signer = credentials) => {
      const signature = new SignatureV4({
        service: 'execute-api',
        region,
        credentials: signer,
        sha256: Sha256,
      });
      const { headers } = await signature.sign({ ...httpRequest(url, request), protocol: url.protocol });
      return exchange(url, request, headers);
    },
    sendUnsigned: (request) => exchange(url, request, httpRequest(url, request).headers),
  };
}

function httpRequest(url: URL, { method, path, query = {}, body, headers = {} }: ApiRequest) {
  return {
    method,
    hostname: url.hostname,
    port: Number(url.port),
    path,
    query,
    headers: {
      host: url.host,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  };
}

function exchange(url: URL, request: ApiRequest, headers: Record<string, string>): Promise<ApiAnswer> {
  const { method, path, query, body } = httpRequest(url, request);
  const search = new URLSearchParams(query).toString();
  return new Promise((resolve, reject) => {
    const outgoing = httpsRequest(
      {
        hostname: url.hostname,
        port: url.port,
        path: search === '' ? path : `${path}?${search}`,
        method,
        headers,
        lookup: loopback,
        timeout: LONGEST_ANSWER_MS,
      },
      (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
        incoming.on('error', reject);
        incoming.on('end', () =>
          resolve({
            status: incoming.statusCode ?? 0,
            contentType: incoming.headers['content-type'] ?? '',
            location: incoming.headers.location,
            body: parseJson(Buffer.concat(chunks).toString()),
          }),
        );
      },
    );
    outgoing.on('timeout', () => outgoing.destroy(new Error(`${method} ${path} was not answered in time.`)));
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

// Every name below localhost is this machine, but not every resolver knows that: RFC 6761, section 6.3.
const loopback: LookupFunction = (_name, options, callback) => {
  if (options.all === true) callback(null, [{ address: '127.0.0.1', family: 4 }]);
  else callback(null, '127.0.0.1', 4);
};

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
