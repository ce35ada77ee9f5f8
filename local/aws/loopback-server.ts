import type { AddressInfo } from 'node:net';
import { serve } from '@hono/node-server';

export type LoopbackServer = { url: string; close: () => Promise<void> };

/**
 * Serves on 127.0.0.1. Closing it cuts connections that are still open.
 *
 * @param port 0 picks one that is free.
 * @throws Error, whose code is EADDRINUSE when the port is taken.
 */
export function startLoopbackServer(
  fetch: Parameters<typeof serve>[0]['fetch'],
  port = 0,
): Promise<LoopbackServer> {
  return new Promise((resolve, reject) => {
    const server = serve({ fetch, hostname: '127.0.0.1', port }, (address: AddressInfo) => {
      resolve({
        url: `http://127.0.0.1:${address.port}`,
        close: () =>
          new Promise((closed) => {
            server.close(() => closed());
            if ('closeAllConnections' in server) server.closeAllConnections();
          }),
      });
    });
    server.once('error', reject);
  });
}
