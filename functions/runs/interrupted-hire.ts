import * as z from 'zod/mini';
import type { IdentityStore, Profile } from '../tables/identity-store.ts';
import type { AcceptedEvent, OrderStore } from '../tables/order-store.ts';
import { readRunInput, type StateMachines } from './state-machines.ts';

// The run's first state checks the rest.
const Hire = z.looseObject({ employee: z.looseObject({ employeeId: z.string() }) });

type Detail = { employee: { employeeId: string }; rescinds?: AcceptedEvent['rescinds'] | undefined };

/**
 * What a run is started with: what was asked for, or the hire that goes on because the termination that had taken its
 * place is taken back. Where Step Functions has forgotten that hire, there is nothing to go on.
 *
 * @throws the stores' errors; the SDK's errors.
 */
export async function detailToStart(
  sources: {
    machines: StateMachines;
    order: Pick<OrderStore, 'read'>;
    store: Pick<IdentityStore, 'readProfile'>;
  },
  detail: Detail,
): Promise<object> {
  if (detail.rescinds !== 'termination') return detail;
  const { employeeId } = detail.employee;
  const { interruptedHire } = await sources.order.read(employeeId);
  if (interruptedHire === null) return detail;
  const hire = z.safeParse(Hire, await readRunInput(sources.machines, interruptedHire));
  if (!hire.success) return detail;
  const profile = await sources.store.readProfile(employeeId);
  // Another id may have taken the hire's over since, as the one that it named may have been.
  const { previousEmployeeId: _, ...goesOn } = hire.data;
  return { ...goesOn, employee: { ...hire.data.employee, ...latestFacts(profile), employeeId } };
}

/** What has become known of the person since the hire was sent. */
function latestFacts(profile: Profile | null): Partial<Profile> {
  if (profile === null) return {};
  const { email, firstName, lastName, title, department, managerEmail, timeZone } = profile;
  const facts = { email, firstName, lastName, title, department, managerEmail, timeZone };
  return Object.fromEntries(Object.entries(facts).filter(([, fact]) => fact !== null));
}
