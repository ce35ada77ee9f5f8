import { createHash } from 'node:crypto';
import * as z from 'zod/mini';
import { canonicalJson } from '../shared/canonical-json.ts';
import type { Plan } from '../shared/plan.ts';
import type { AppReport } from '../shared/report.ts';
import type { FollowUp } from '../tables/follow-up-store.ts';
import type { AccountRow } from '../tables/identity-store.ts';
import { readRun, type Sources } from './runs.ts';
import type { Run } from './schemas.ts';

// An entry that somebody adds a field to is broken too, so none is left out when it is read.
export const EvidenceEntry = z.looseObject({
  /** From 1. */
  number: z.int(),
  /** What it is about, such as `request`, `decision`, `step` or `report`. The last one is the `export`. */
  kind: z.string(),
  /** When it happened, as an ISO instant; null where that is not known. */
  at: z.nullable(z.string()),
  data: z.record(z.string(), z.unknown()),
  /** The hash of the entry before; null for the first. */
  previous: z.nullable(z.string()),
  /** SHA-256 in hex of all the rest of the entry, as JSON without spaces and with sorted keys. */
  hash: z.string(),
});
export type EvidenceEntry = z.infer<typeof EvidenceEntry>;

/** The whole record of a run. Whoever keeps the hash of the last entry can tell that nothing was changed since. */
export const Evidence = z.object({
  format: z.literal('tenure-evidence-1'),
  /** The run's name. */
  run: z.string(),
  entries: z.array(EvidenceEntry),
});
export type Evidence = z.infer<typeof Evidence>;

/**
 * The record of a run, as far as it has come; null when there is no such run.
 *
 * @param now in epoch milliseconds.
 * @throws the SDK's errors.
 */
export async function readEvidence(
  sources: Sources,
  name: string,
  now = Date.now(),
): Promise<Evidence | null> {
  const run = await readRun(sources, name);
  if (run === null) return null;
  const accounts = run.employeeId === null ? [] : await sources.store.readAccounts(run.employeeId);
  // The row's own beginning, as that of an execution may differ by milliseconds.
  const row = await sources.store.findRun(name);
  const followUps = row === null ? [] : await sources.store.followUps.ofRun(row);
  const readBacks = accounts.filter(({ execution }) => execution === name);
  const plan = await planOf(sources, run);
  return evidenceOf(run, { accounts: readBacks, followUps, plan }, now);
}

/** The plan that a run was started with; null where it was started without. */
async function planOf({ plans }: Sources, { name, employeeId }: Run): Promise<Plan | null> {
  if (employeeId === null) return null;
  return plans.store.ofRun({ employeeId, execution: name });
}

/** @param more the accounts that the run was the last to read back, its follow-ups, and the plan that it was to follow. */
export function evidenceOf(
  run: Run,
  {
    accounts,
    followUps,
    plan,
  }: { accounts: readonly AccountRow[]; followUps: readonly FollowUp[]; plan: Plan | null },
  now: number,
): Evidence {
  const facts = [
    ...beginning(run, plan),
    ...decisions(run),
    ...(run.report === null ? progress(run) : run.report.apps.flatMap(ofApp)),
    ...accounts.map(readBack),
    ...ending(run),
    ...followUps.flatMap(closing),
  ];
  const all = [...facts, { kind: 'export', at: new Date(now).toISOString(), data: { run: run.name } }];
  return { format: 'tenure-evidence-1', run: run.name, entries: chained(all) };
}

/** The first entry that is not as it was exported, and why; null where all are. */
export function firstBroken({ run, entries }: Evidence): { number: number; why: string } | null {
  for (const [index, { hash, ...entry }] of entries.entries()) {
    const number = index + 1;
    if (entry.number !== number) return { number, why: `it says that it is number ${entry.number}` };
    if (entry.previous !== (entries[index - 1]?.hash ?? null))
      return { number, why: 'it does not follow the entry before' };
    if (hash !== hashOf(entry)) return { number, why: 'its content is not what its hash is of' };
  }
  const last = entries.at(-1);
  if (last?.kind !== 'export') return { number: entries.length + 1, why: 'it is missing' };
  return last.data.run === run ? null : { number: entries.length, why: `it is of another run than ${run}` };
}

function closing({ id, app, text, done }: FollowUp): Fact[] {
  if (done === null) return [];
  const { at, by, note } = done;
  return [{ kind: 'follow_up_done', at, data: { id, app, text, by, note } }];
}

type Fact = Pick<EvidenceEntry, 'kind' | 'at' | 'data'>;

function chained(facts: readonly Fact[]): EvidenceEntry[] {
  const entries: EvidenceEntry[] = [];
  for (const { kind, at, data } of facts) {
    const previous = entries.at(-1)?.hash ?? null;
    const entry = { number: entries.length + 1, kind, at, data, previous };
    entries.push({ ...entry, hash: hashOf(entry) });
  }
  return entries;
}

function hashOf(entry: Omit<EvidenceEntry, 'hash'>): string {
  return createHash('sha256').update(canonicalJson(entry)).digest('hex');
}

function beginning(
  { name, workflow, employeeId, startedAt, dueAt, origin, warning }: Run,
  plan: Plan | null,
): Fact[] {
  const request = origin === null ? [] : [{ kind: 'request', at: origin.receivedAt, data: origin }];
  const warned = warning === null ? [] : [{ kind: 'warning', at: null, data: { warning } }];
  const planned = plan === null ? [] : [{ kind: 'plan', at: null, data: plan }];
  return [
    ...request,
    ...planned,
    { kind: 'run', at: startedAt, data: { name, workflow, employeeId, dueAt } },
    ...warned,
  ];
}

function decisions({ held }: Run): Fact[] {
  if (held === null) return [];
  const { reasons, since, until } = held;
  return [
    ...held.decisions.map((decision) => ({ kind: 'decision', at: decision.at, data: decision })),
    { kind: 'held', at: since, data: { reasons, until } },
  ].toSorted((one, other) => one.at.localeCompare(other.at));
}

/** How far a run without a report has come. */
function progress({ apps }: Run): Fact[] {
  return apps.map((app) => ({ kind: 'progress', at: null, data: app }));
}

function ofApp({ app, status, vendorUserId, steps, changes, followUps, error }: AppReport): Fact[] {
  return [
    ...steps.map((step) => ({ kind: 'step', at: step.endedAt ?? null, data: { app, ...step } })),
    ...changes.map((change) => ({ kind: 'change', at: null, data: { app, ...change } })),
    ...followUps.map((text) => ({ kind: 'follow_up', at: null, data: { app, text } })),
    { kind: 'app', at: null, data: { app, status, vendorUserId, error: error ?? null } },
  ];
}

function readBack({ app, vendorUserId, status, role, shown, verifiedAt }: AccountRow): Fact {
  return {
    kind: 'read_back',
    at: verifiedAt,
    data: { app, vendorUserId, status, role, shown: shown ?? null },
  };
}

function ending({ status, endedAt, lastLoginShutAt, report, error }: Run): Fact[] {
  const { supersededBy = null, followUps = [] } = report ?? {};
  return [
    ...followUps.map((text) => ({ kind: 'follow_up', at: null, data: { app: null, text } })),
    { kind: 'report', at: endedAt, data: { status, lastLoginShutAt, supersededBy, error } },
  ];
}
