import type { ComplianceRow } from '../tables/compliance-store.ts';

const DAY_MS = 86_400_000;

/**
 * Whether somebody is asked about again before the next sync. Drata computes a status minutes after a record was
 * created; one that takes more than a day will not come sooner for being asked about.
 */
export function isAskedAgain({ complianceStatus, since, seenAt }: ComplianceRow, now: number): boolean {
  if (complianceStatus !== 'PENDING' || !isListed({ seenAt }, now)) return false;
  return now - Date.parse(since) < DAY_MS;
}

/** Whether Drata still listed somebody lately. A page that shifted may hide a person for an hour, not for a day. */
export function isListed({ seenAt }: Pick<ComplianceRow, 'seenAt'>, now: number): boolean {
  return now - Date.parse(seenAt) < DAY_MS;
}
