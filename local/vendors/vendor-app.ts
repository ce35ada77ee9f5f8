import type { HttpBindings } from '@hono/node-server';
import type { Context, Hono } from 'hono';

/** The routes of a vendor server. */
export type VendorApp = Hono<{ Bindings: HttpBindings }>;
export type VendorContext = Context<{ Bindings: HttpBindings }>;
