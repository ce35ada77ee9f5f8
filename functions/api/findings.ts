import type { Context } from 'hono';
import * as z from 'zod/mini';
import { APPS } from '../shared/apps.ts';
import { Acceptance, type AcceptanceStore } from '../tables/acceptance-store.ts';
import {
  Finding,
  type FindingStore,
  keyOfFinding,
  Reconciled,
  type StoredFinding,
} from '../tables/finding-store.ts';
import { callerOf } from './origin.ts';
import { invalidFields, RequestError } from './problem.ts';
import { DayOrInstant, EmployeeId, ReasonGiven } from './schemas.ts';

const FindingId = z.string().check(z.regex(/^[\w-]{1,1500}$/, { error: 'must be the id of a finding' }));

/** A finding of the last reconciliation. */
export const ListedFinding = z.object({
  /** The same in every reconciliation that finds it. */
  id: z.string(),
  ...Finding.shape,
  /** The reconciliation that has found it, and when that began. */
  run: z.string(),
  foundAt: z.string(),
  status: z.enum(['open', 'accepted']),
  /** Who lives with it until when; null while it is open. */
  acceptance: z.nullable(Acceptance),
});
export type ListedFinding = z.infer<typeof ListedFinding>;

/** Which findings are asked for. */
export const FindingFilter = z.object({
  status: z._default(z.enum(['open', 'accepted', 'all']), 'open'),
  kind: z.optional(Finding.shape.kind),
  app: z.optional(z.enum(APPS)),
  employeeId: z.optional(EmployeeId),
  cursor: z.optional(FindingId),
});
export type FindingFilter = z.infer<typeof FindingFilter>;

/** A page of findings, by app and kind. */
export const FindingList = z.object({
  findings: z.array(ListedFinding),
  /** Which reconciliation was the last in each app, and how much of each kind it has found, accepted ones too. */
  reconciled: z.array(Reconciled),
  /** What asks for the next page; missing on the last. A page may be short, and even empty, before that. */
  cursor: z.optional(z.string()),
});
export type FindingList = z.infer<typeof FindingList>;

/** Why somebody lives with a finding, and until when: to the end of a day in UTC, or to an instant. */
export const AcceptedFinding = z.object({ reason: ReasonGiven, until: DayOrInstant });

/** Whose an account is that was nobody's. */
export const AssignedAccount = z.object({ employeeId: EmployeeId });

export type FindingSources = { findings: FindingStore; acceptances: AcceptanceStore };

const PAGE_SIZE = 100;
const MOST_LOOKED_AT = 1000;
const DAY_MS = 86_400_000;

/**
 * A page of what the last reconciliation of each app has found.
 *
 * @param now in epoch milliseconds.
 * @throws the SDK's errors.
 */
export async function listFindings(
  { findings, acceptances }: FindingSources,
  filter: FindingFilter,
  now = Date.now(),
): Promise<FindingList> {
  const reconciled = await findings.reconciled();
  const after = filter.cursor === undefined ? '' : keyOf(filter.cursor);
  const listed: ListedFinding[] = [];
  let lookedAt = 0;
  for (const { app, run, startedAt } of reconciled) {
    if (app !== (filter.app ?? app) || app < appOf(after)) continue;
    const acceptanceOf = await acceptances.readAll(app, now);
    for await (const finding of findings.below(run, { app, kind: filter.kind }, after)) {
      lookedAt += 1;
      const one = shown(finding, { run, startedAt }, acceptanceOf(finding));
      if (isAskedFor(one, filter)) listed.push(one);
      if (listed.length === PAGE_SIZE || lookedAt === MOST_LOOKED_AT)
        return { findings: listed, reconciled, cursor: one.id };
    }
  }
  return { findings: listed, reconciled };
}

/**
 * Records that somebody lives with a finding for some time. Whatever was said about it before is replaced.
 *
 * @throws RequestError 404, 409 or 422; the SDK's errors.
 */
export async function acceptFinding(
  sources: FindingSources,
  id: string,
  { by, reason, until }: { by: string | null; reason: string; until: string },
  now = Date.now(),
): Promise<ListedFinding> {
  const found = await findFinding(sources, id);
  const { vendorUserId, employeeId } = found.finding;
  if (vendorUserId === null && employeeId === null)
    throw new RequestError(409, 'The app shows no id of the account, so others could not be told from it.');
  const end = endOf(until);
  if (end <= now) throw invalidFields({ issues: [{ path: ['until'], message: 'must be in the future' }] });
  const acceptance = { by, reason, at: isoInstant(now), until: isoInstant(end) };
  await sources.acceptances.write(found.finding, acceptance);
  return shown(found.finding, found, acceptance);
}

/**
 * Takes an acceptance back, so that the finding is listed again.
 *
 * @throws RequestError 404, or 409 where it is not accepted; the SDK's errors.
 */
export async function withdrawAcceptance(
  sources: FindingSources,
  id: string,
  by: string | null,
  now = Date.now(),
): Promise<ListedFinding> {
  const found = await findFinding(sources, id);
  const acceptance = await sources.acceptances.find(found.finding, now);
  if (acceptance === null) throw new RequestError(409, `The finding ${id} is not accepted.`);
  await sources.acceptances.withdraw(found.finding, acceptance, { by, at: isoInstant(now) });
  return shown(found.finding, found, null);
}

/** A finding of the last reconciliation of its app. @throws RequestError 404; the SDK's errors */
export async function findFinding(
  { findings }: Pick<FindingSources, 'findings'>,
  id: string,
): Promise<{ finding: StoredFinding; key: string; run: string; startedAt: string }> {
  const key = z.safeParse(FindingId, id).success ? keyOf(id) : '';
  const last = (await findings.reconciled()).find(({ app }) => app === appOf(key));
  const finding = last === undefined ? null : await findings.find(last.run, key);
  if (last === undefined || finding === null)
    throw new RequestError(404, `The last reconciliation has no finding ${JSON.stringify(id)}.`);
  return { finding, key, run: last.run, startedAt: last.startedAt };
}

/** What a request to accept a finding says. */
export function acceptedBy(context: Context, said: z.infer<typeof AcceptedFinding>) {
  return { by: callerOf(context), ...said };
}

function shown(
  finding: Finding,
  { run, startedAt }: { run: string; startedAt: string },
  acceptance: Acceptance | null,
): ListedFinding {
  return {
    id: Buffer.from(keyOfFinding(finding)).toString('base64url'),
    ...z.parse(Finding, finding),
    ...{ run, foundAt: startedAt, acceptance },
    status: acceptance === null ? 'open' : 'accepted',
  };
}

function isAskedFor({ status, employeeId }: ListedFinding, filter: FindingFilter): boolean {
  const hasStatus = filter.status === 'all' || filter.status === status;
  return hasStatus && (filter.employeeId ?? employeeId) === employeeId;
}

const keyOf = (id: string) => Buffer.from(id, 'base64url').toString();
const appOf = (key: string) => key.split('#', 1)[0] ?? '';

/** The first moment after a day or an instant, in epoch milliseconds. */
function endOf(until: string): number {
  return Date.parse(until) + (until.includes('T') ? 0 : DAY_MS);
}

const isoInstant = (ms: number) => new Date(ms).toISOString();
