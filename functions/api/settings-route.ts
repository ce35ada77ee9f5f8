import type { Hono } from 'hono';
import type { RateTable } from '../rate-limit/rate-table.ts';
import { readSettings } from './read-settings.ts';

/** Adds the route that tells how tenure is set up. */
export function routeSettings(app: Hono, table: Pick<RateTable, 'read'>): void {
  app.get('/settings', async (context) => context.json(await readSettings(table, Date.now())));
}
