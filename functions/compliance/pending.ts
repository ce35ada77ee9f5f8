import type { ComplianceRow } from '../tables/compliance-store.ts';

const DAY_MS = 86_400_000;

/**
 * Whether a person's status is read again before the next sync. Drata computes a status minutes after a record was
 * created; when that takes more than a day, reading more often does not help.
 */
export function isAskedAgain({ complianceStatus, since, seenAt }: ComplianceRow, now: number): boolean {
  if (complianceStatus !== 'PENDING' || !isListed({ seenAt }, now)) return false;
  return now - Date.parse(since) < DAY_MS;
}

/** Whether Drata listed the person during the last day. A page that shifted may hide a person for an hour. */
export function isListed({ seenAt }: Pick<ComplianceRow, 'seenAt'>, now: number): boolean {
  return now - Date.parse(seenAt) < DAY_MS;
}
