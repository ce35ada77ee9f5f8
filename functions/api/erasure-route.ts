import type { Hono } from 'hono';
import type { Erasure } from '../erasure/erase.ts';
import { parseEmployeeId } from './employee-id.ts';

export type Erase = (employeeId: string) => Promise<Erasure>;

/** Adds the route that forgets people: 200 when it is done, 202 when more is left to be gone through by asking again. */
export function routeErasure(app: Hono, erase: Erase): void {
  app.delete('/employees/:employeeId', async (context) => {
    const { erased, isComplete } = await erase(parseEmployeeId(context.req.param('employeeId')));
    if (isComplete) return context.json(erased);
    context.header('retry-after', '1');
    return context.json(erased, 202);
  });
}
