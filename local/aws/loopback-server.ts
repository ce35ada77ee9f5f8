import type { AddressInfo } from 'node:net';
import { serve } from '@hono/node-server';
import { foreignCaller } from './caller.ts';

type Fetch = Parameters<typeof serve>[0]['fetch'];

export type LoopbackServer = { url: string; close: () => Promise<void> };

/**
 * Serves on 127.0.0.1, to callers on this machine: what comes from a page of another origin, or under another name, is
 * refused before `fetch` sees it. Closing it cuts connections that are still open.
 *
 * @param port 0 picks one that is free.
 * @throws Error, whose code is EADDRINUSE when the port is taken.
 */
export function startLoopbackServer(fetch: Fetch, port = 0): Promise<LoopbackServer> {
  return new Promise((resolve, reject) => {
    const server = serve(
      { fetch: ownCallersOnly(fetch), hostname: '127.0.0.1', port },
      (address: AddressInfo) => {
        resolve({
          url: `http://127.0.0.1:${address.port}`,
          close: () =>
            new Promise((closed) => {
              server.close(() => closed());
              if ('closeAllConnections' in server) server.closeAllConnections();
            }),
        });
      },
    );
    server.once('error', reject);
  });
}

function ownCallersOnly(fetch: Fetch): Fetch {
  return (request, environment) => {
    const { headers } = request;
    const refusal = foreignCaller({
      host: headers.get('host') ?? undefined,
      origin: headers.get('origin') ?? undefined,
    });
    if (refusal === null) return fetch(request, environment);
    const problem = { type: 'about:blank', ...refusal, errors: [] };
    return new Response(JSON.stringify(problem), {
      status: refusal.status,
      headers: { 'content-type': 'application/problem+json' },
    });
  };
}
