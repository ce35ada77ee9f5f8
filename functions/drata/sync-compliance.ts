import * as z from 'zod/mini';
import {
  type ComplianceSinks,
  complianceSinksFromEnvironment,
  recordCompliance,
} from '../compliance/record.ts';
import { advance } from '../shared/advance.ts';
import { step } from '../shared/step.ts';
import { endlessPaging } from '../vendor/paging.ts';
import { type DrataClient, drata } from './client.ts';
import { pagesOf } from './dialect/calls.ts';

/** How far a sync has come: the position of the next page, null for the first, and how many pages were read. */
const Walk = z.object({
  status: z.enum(['more', 'walked']),
  position: z.nullable(z.string()),
  pages: z.int(),
});
type Walk = z.infer<typeof Walk>;

// Well below a Lambda's time limit, because the current page comes on top.
const LONGEST_MS = 600_000;
const MOST_PAGES = 10_000;

export const handler = step({
  name: 'DrataSyncCompliance',
  client: () => ({ drata: drata(), sinks: complianceSinksFromEnvironment() }),
  input: z.object({ walk: Walk }),
  run: async ({ drata, sinks }, { walk }) => syncCompliance(drata, sinks, walk),
});

/**
 * Records everybody's compliance, page by page, from where the walk stopped. After the first page, an error ends the
 * invocation without being thrown; see `advance`.
 *
 * @throws VendorResponseError when the pages never end; the errors of `VendorHttp`, of the store and of the bus, at the first page.
 */
export async function syncCompliance(
  client: Pick<DrataClient, 'listCompliance'>,
  sinks: ComplianceSinks,
  begin: Walk,
  longestMs = LONGEST_MS,
): Promise<Walk> {
  return advance({
    from: begin,
    step: (walk) => recordPage(client, sinks, walk),
    longestMs,
    now: sinks.now,
  });
}

async function recordPage(
  client: Pick<DrataClient, 'listCompliance'>,
  sinks: ComplianceSinks,
  { position, pages }: Walk,
): Promise<Walk> {
  if (pages >= MOST_PAGES) throw endlessPaging(pagesOf('listCompliance', '/personnel'), pages);
  const askedAt = sinks.now();
  const { records, next } = await client.listCompliance(position);
  await recordCompliance(sinks, records, askedAt);
  return { status: next === null ? 'walked' : 'more', position: next, pages: pages + 1 };
}
