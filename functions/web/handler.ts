import type { Context } from 'hono';
import { Hono } from 'hono';
import { handle } from 'hono/aws-lambda';
import * as z from 'zod/mini';
import { parseJson } from '../shared/json.ts';
import { logger } from '../shared/logger.ts';
import { createWebApp } from './app.ts';
import { readAssets } from './assets.ts';
import { discover } from './discover.ts';
import { PAGE_VARIABLE, PageSettings } from './settings.ts';

let made: Promise<Hono> | undefined;

async function makePage(): Promise<Hono> {
  const settings = z.parse(PageSettings, parseJson(process.env[PAGE_VARIABLE] ?? ''));
  return createWebApp(readAssets(new URL('./', import.meta.url)), await discover(settings));
}

/** Made once; an issuer that cannot be reached is asked again with the next request. */
async function pageOf(context: Context): Promise<Response> {
  made ??= makePage();
  try {
    return await (await made).fetch(context.req.raw);
  } catch (error) {
    made = undefined;
    logger.error('no page', { reason: error instanceof Error ? error.message : 'unknown' });
    return context.text('The issuer of the tokens cannot be asked. Load the page again in a minute.', 503);
  }
}

/** The page behind an API Gateway HTTP API, payload format 2.0. */
export const handler = handle(new Hono().all('*', pageOf));
