import type { HttpBindings } from '@hono/node-server';
import type { Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';

/** The routes of a vendor server. */
export type VendorApp = Hono<{ Bindings: HttpBindings }>;
export type VendorContext = Context<{ Bindings: HttpBindings }>;

/** The bearer token of a request. */
export function bearerToken(context: VendorContext): string | undefined {
  return context.req.header('authorization')?.match(/^Bearer (\S+)$/)?.[1];
}

/** The JSON that a request's body holds; undefined when it holds none. */
export function readBody(context: VendorContext): Promise<unknown> {
  return context.req.json().catch(() => undefined);
}

/** Reads no more of a body than a form of tokens needs. */
export const limitBody = bodyLimit({ maxSize: 100_000 });
