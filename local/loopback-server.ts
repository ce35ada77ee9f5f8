import type { AddressInfo } from 'node:net';
import { serve } from '@hono/node-server';

export type LoopbackServer = { url: string; close: () => Promise<void> };

/** Serves on a free port of 127.0.0.1. Closing it cuts connections that are still open. */
export function startLoopbackServer(fetch: Parameters<typeof serve>[0]['fetch']): Promise<LoopbackServer> {
  return new Promise((resolve) => {
    const server = serve({ fetch, hostname: '127.0.0.1', port: 0 }, ({ port }: AddressInfo) => {
      resolve({
        url: `http://127.0.0.1:${port}`,
        close: () =>
          new Promise((closed) => {
            server.close(() => closed());
            if ('closeAllConnections' in server) server.closeAllConnections();
          }),
      });
    });
  });
}
