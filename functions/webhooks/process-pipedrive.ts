import * as z from 'zod/mini';
import { type PipedriveClient, pipedrive } from '../pipedrive/client.ts';
import { type EventBus, eventBusFromEnvironment } from '../shared/event-bus.ts';
import { logger } from '../shared/logger.ts';
import { step } from '../shared/step.ts';
import {
  type AccountRow,
  type IdentityStore,
  identityStoreFromEnvironment,
} from '../tables/identity-store.ts';
import {
  type WebhookFinding,
  type WebhookFindingStore,
  webhookFindingStoreFromEnvironment,
} from '../tables/webhook-finding-store.ts';
import { PipedriveEvent } from './events.ts';

type Sources = {
  client: Pick<PipedriveClient, 'readUser'>;
  store: IdentityStore;
  findings: WebhookFindingStore;
  bus: EventBus;
};

/** EventBridge invokes it with the whole event, at least once. */
export const handler = step({
  name: 'WebhooksProcessPipedrive',
  client: () => ({
    client: pipedrive(),
    store: identityStoreFromEnvironment(),
    findings: webhookFindingStoreFromEnvironment(),
    bus: eventBusFromEnvironment(),
  }),
  input: z.object({ detail: PipedriveEvent }),
  run: async (sources, { detail }) => ({ status: await processUserEvent(sources, detail) }),
});

/**
 * Brings the identity mapping up to what Pipedrive shows now, and raises a finding when that is an active account of
 * a leaver. What the webhook says of the user is not used: it may be late, repeated, or overtaken by another.
 *
 * @throws the errors of `VendorHttp`, of the stores and of the bus; processing the event again is safe.
 */
export async function processUserEvent(
  { client, store, findings, bus }: Sources,
  { userId, eventId }: PipedriveEvent,
): Promise<'changed' | 'already_done' | 'not_needed'> {
  const vendorUserId = String(userId);
  const employeeId = await store.findOwner('pipedrive', vendorUserId);
  // Accounts that nobody mapped are for the reconciliation.
  if (employeeId === null) return 'not_needed';
  const readAccount = async () =>
    (await store.readAccounts(employeeId)).find(({ app }) => app === 'pipedrive');
  const before = await readAccount();
  if (before?.vendorUserId !== vendorUserId) return 'not_needed';
  // Before the read: an answer that was on its way when a run recorded the account must not replace that.
  const verifiedAt = new Date().toISOString();
  const user = await client.readUser(vendorUserId);
  const isActive = user?.isActive === true;
  if (isActive && before.status === 'deactivated' && !(await isHiredAgain(store, employeeId))) {
    // First, so that a repeat after a failure still sees what led to it.
    const isOurs = await raise(findings, bus, {
      kind: 'leaver_reactivated',
      app: 'pipedrive',
      vendorUserId,
      employeeId,
      deactivatedAt: before.verifiedAt,
      seenAt: verifiedAt,
      source: eventId,
    });
    // The event that it belongs to writes the account too; this one must not hide the finding from its repeat.
    if (!isOurs) return 'not_needed';
  }
  // Once more: the event of a run's own write is processed while the run records its account.
  const known = await readAccount();
  if (known?.vendorUserId !== vendorUserId) return 'not_needed';
  const status = accountStatus(known, isActive);
  const email = user?.email ?? known.email;
  if (status === known.status && email === known.email) return 'already_done';
  await store.writeAccount(employeeId, { ...known, status, email, verifiedAt });
  return 'changed';
}

// A user who has not accepted the invitation is active for Pipedrive.
function accountStatus({ status }: AccountRow, isActive: boolean): AccountRow['status'] {
  if (!isActive) return 'deactivated';
  return status === 'invited' ? 'invited' : 'active';
}

/**
 * Whether tenure itself is, or has been, giving the leaver the account back. A run is recorded from its beginning, and
 * tells only at its end which apps it was about.
 */
async function isHiredAgain(store: IdentityStore, employeeId: string): Promise<boolean> {
  const runs = await store.readRuns(employeeId);
  const last = runs.findLast(
    ({ report }) => report === null || report.apps.some(({ app }) => app === 'pipedrive'),
  );
  return last?.workflow === 'onboarding';
}

/** False when another event has raised it, or is about to. */
async function raise(
  findings: WebhookFindingStore,
  bus: EventBus,
  finding: WebhookFinding,
): Promise<boolean> {
  if (!(await findings.writeFinding(finding))) return false;
  const { app, employeeId, vendorUserId } = finding;
  // An alarm counts this line, and who is told by it finds here who it is.
  logger.warn('leaver reactivated', { app, employeeId, vendorUserId });
  await bus.putEvents([{ detailType: 'finding.raised', detail: finding }]);
  return true;
}
