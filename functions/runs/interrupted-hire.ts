import * as z from 'zod/mini';
import { HiredDetail } from '../shared/events.ts';
import { parseJson } from '../shared/json.ts';
import type { IdentityStore, Profile } from '../tables/identity-store.ts';
import type { OrderStore, RunRef } from '../tables/order-store.ts';

/** Whether a run has come to its end, and has said so. @throws the store's errors */
export async function hasEnded(
  store: Pick<IdentityStore, 'readRuns'>,
  employeeId: string,
  { name }: RunRef,
): Promise<boolean> {
  const row = (await store.readRuns(employeeId)).findLast(({ execution }) => execution === name);
  const status = row?.report?.status;
  return status !== undefined && status !== 'held';
}

// Nobody wants more of it, or there is no more.
const IS_DONE = ['complete', 'rejected'];

/**
 * The hire that goes on because the termination which took its place is taken back; null where there is none, and where
 * it has come to its end before that termination acted.
 *
 * @throws the stores' errors.
 */
export async function readHireToGoOn(
  {
    order,
    store,
  }: { order: Pick<OrderStore, 'read'>; store: Pick<IdentityStore, 'readProfile' | 'readRuns'> },
  employeeId: string,
): Promise<HiredDetail | null> {
  const { hireToGoOn } = await order.read(employeeId);
  if (hireToGoOn === null) return null;
  const { run, hire } = hireToGoOn;
  const row = (await store.readRuns(employeeId)).findLast(({ execution }) => execution === run.name);
  if (IS_DONE.includes(row?.report?.status ?? '')) return null;
  const parsed = z.safeParse(HiredDetail, parseJson(hire));
  if (!parsed.success) return null;
  const profile = await store.readProfile(employeeId);
  // Another id may have taken the hire's over since, as the one that it named may have been.
  const { previousEmployeeId: _, ...goesOn } = parsed.data;
  return { ...goesOn, employee: { ...goesOn.employee, ...latestFacts(profile), employeeId } };
}

/** What has become known of the person since the hire was sent. */
function latestFacts(profile: Profile | null): Partial<HiredDetail['employee']> {
  if (profile === null) return {};
  const { email, firstName, lastName, title, department, managerEmail, timeZone } = profile;
  const facts = { email, firstName, lastName, title, department, managerEmail, timeZone };
  return Object.fromEntries(Object.entries(facts).filter(([, fact]) => fact !== null));
}
