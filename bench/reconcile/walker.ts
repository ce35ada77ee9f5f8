import { setTimeout as wait } from 'node:timers/promises';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import * as z from 'zod/mini';
import { compareAccounts } from '../../functions/reconciliation/compare-accounts.ts';
import { walkAccounts } from '../../functions/reconciliation/walk-accounts.ts';
import { APPS } from '../../functions/shared/apps.ts';
import type { Cursor } from '../../functions/shared/listed-account.ts';
import { findingStore } from '../../functions/tables/finding-store.ts';
import { rosterStore } from '../../functions/tables/roster-store.ts';
import { stagedPages } from '../../functions/tables/staged-pages.ts';
import { clientOf } from '../../local/runtime/app-client.ts';

// A process of its own, so that its memory is the reconciliation's alone. It does one job:
// `floor` asks for all pages and drops them; `reconcile` walks and compares, as the Lambdas do.

const Job = z.object({
  job: z.enum(['floor', 'reconcile']),
  app: z.enum(APPS),
  run: z.string(),
  /** How many times the app's limit of requests it may send; 0 for as many as it can. */
  pace: z.number(),
  tableUrl: z.string(),
  vendor: z.object({
    baseUrls: z.object({ rest: z.string(), scim: z.optional(z.string()) }),
    tokens: z.object({ rest: z.string(), scim: z.string() }),
    /** Milliseconds between two requests at the limit. */
    requestEveryMs: z.number(),
  }),
});

process.once('message', async (message) => {
  const { job, app, run, pace, tableUrl, vendor } = z.parse(Job, message);
  const credential = (value: string) => {
    const token = async () => ({ value, kind: 'static' }) as const;
    return { secretName: 'bench', token, tokenAfterRefusal: token };
  };
  // --pace stands in for it.
  const limiter = { admit: async () => {}, learn: async () => {} };
  const { listAccounts } = (await clientOf(app))({
    rest: { baseUrl: vendor.baseUrls.rest, credential: credential(vendor.tokens.rest), limiter },
    scim: { baseUrl: vendor.baseUrls.scim ?? '', credential: credential(vendor.tokens.scim), limiter },
  });
  let pagesAsked = 0;
  const startedAt = performance.now();
  const list = async (cursor: Cursor | null) => {
    const turn = startedAt + (pace === 0 ? 0 : (pagesAsked * vendor.requestEveryMs) / pace);
    pagesAsked += 1;
    if (turn > performance.now()) await wait(turn - performance.now());
    return listAccounts(cursor);
  };
  const client = new DynamoDBClient({
    endpoint: tableUrl,
    region: 'local',
    credentials: { accessKeyId: 'bench', secretAccessKey: 'bench' },
  });
  const pages = stagedPages('coordination', { client });
  let accounts = 0;
  let walkMs = 0;
  if (job === 'floor') {
    let cursor: Cursor | null = null;
    do {
      const page = await list(cursor);
      accounts += page.accounts.length;
      cursor = page.next;
    } while (cursor !== null);
    walkMs = performance.now() - startedAt;
  } else {
    const walk = { app, run, attempt: 1 };
    while ((await walkAccounts({ list, pages, walk })).status === 'more');
    walkMs = performance.now() - startedAt;
    const comparison = await compareAccounts({
      followUps: { newest: async function* () {}, finish: async () => true },
      walk,
      startedAt: new Date().toISOString(),
      rules: { now: Date.now(), invitationDays: 14 },
      pages,
      roster: rosterStore('identity', client),
      findings: findingStore('identity', { client }),
    });
    if (comparison.status !== 'compared' || Object.values(comparison.findings).some((count) => count > 0))
      throw new Error(`Something differs: ${JSON.stringify(comparison)}`);
    accounts = comparison.accounts;
  }
  const ms = performance.now() - startedAt;
  const peakMb = process.resourceUsage().maxRSS / 1024;
  process.send?.({ ms, walkMs, accounts, pages: pagesAsked, peakMb }, () => process.exit());
});
