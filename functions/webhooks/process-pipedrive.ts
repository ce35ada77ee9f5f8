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

/** EventBridge invokes this with the whole event, at least once. */
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
 * Updates the identity mapping to what Pipedrive shows now, and raises a finding when a leaver's account is active. The
 * user in the webhook is not used, because the webhook may be late, repeated or outdated.
 *
 * @throws the errors of `VendorHttp`, of the stores and of the bus; processing the event again is safe.
 */
export async function processUserEvent(
  { client, store, findings, bus }: Sources,
  { userId, eventId }: PipedriveEvent,
): Promise<'changed' | 'already_done' | 'not_needed'> {
  const vendorUserId = String(userId);
  const employeeId = await store.findOwner('pipedrive', vendorUserId);
  // Accounts without a mapping are left to the reconciliation.
  if (employeeId === null) return 'not_needed';
  const readAccount = async () =>
    (await store.readAccounts(employeeId)).find(({ app }) => app === 'pipedrive');
  const before = await readAccount();
  if (before?.vendorUserId !== vendorUserId) return 'not_needed';
  // Taken before the read: when a run records the account during the read, the run's record must stay.
  const verifiedAt = new Date().toISOString();
  const user = await client.readUser(vendorUserId);
  const isActive = user?.isActive === true;
  if (isActive && before.status === 'deactivated' && !(await isHiredAgain(store, employeeId))) {
    // The finding is written before the account, so that a repeat after a failure still sees the reason for it.
    const isOurs = await raise(findings, bus, {
      kind: 'leaver_reactivated',
      app: 'pipedrive',
      vendorUserId,
      employeeId,
      deactivatedAt: before.verifiedAt,
      seenAt: verifiedAt,
      source: eventId,
    });
    // The event that raised the finding writes the account. If this one did, a repeat of that event would raise nothing.
    if (!isOurs) return 'not_needed';
  }
  // Read again: an event that a run's own write caused is processed while the run records the account.
  const known = await readAccount();
  if (known?.vendorUserId !== vendorUserId) return 'not_needed';
  const status = accountStatus(known, isActive);
  const email = user?.email ?? known.email;
  if (status === known.status && email === known.email) return 'already_done';
  await store.writeAccount(employeeId, { ...known, status, email, verifiedAt });
  return 'changed';
}

// Pipedrive shows a user who has not accepted the invitation as active.
function accountStatus({ status }: AccountRow, isActive: boolean): AccountRow['status'] {
  if (!isActive) return 'deactivated';
  return status === 'invited' ? 'invited' : 'active';
}

/**
 * Whether a run of tenure is giving the leaver the account back, or has done so. A run is recorded when it begins, and
 * its apps are known only when it ends.
 */
async function isHiredAgain(store: IdentityStore, employeeId: string): Promise<boolean> {
  const runs = await store.readRuns(employeeId);
  const last = runs.findLast(
    ({ report }) => report === null || report.apps.some(({ app }) => app === 'pipedrive'),
  );
  return last?.workflow === 'onboarding';
}

/** Raises the finding. Returns false when another event has raised it, or is about to. */
async function raise(
  findings: WebhookFindingStore,
  bus: EventBus,
  finding: WebhookFinding,
): Promise<boolean> {
  if (!(await findings.writeFinding(finding))) return false;
  const { app, employeeId, vendorUserId } = finding;
  // An alarm counts this line, and whoever gets the alarm finds the ids here.
  logger.warn('leaver reactivated', { app, employeeId, vendorUserId });
  await bus.putEvents([{ detailType: 'finding.raised', detail: finding }]);
  return true;
}
