import type { RunSources } from '../runs/start-run.ts';
import { isOpenRun } from '../runs/state-machines.ts';
import { isAddressAmong } from '../shared/email.ts';
import type { Workflow } from '../shared/workflow.ts';
import type { IdentityStore, Profile } from '../tables/identity-store.ts';

type Sources = Pick<RunSources, 'machines' | 'order'> & {
  store: Pick<IdentityStore, 'findByAddress' | 'readAccounts'>;
};

/**
 * Another employee whose address the event has, where that cannot be meant: a leaver is not known to have had it, or
 * somebody has it who works here, or is to work here. An address may be given to somebody new once its holder has left.
 * Such an address does not come into the profile, where it would stop its holder too.
 *
 * @throws the stores' errors.
 */
export async function contradiction(
  { store, order, machines }: Sources,
  workflow: Workflow,
  { employeeId, email }: { employeeId: string; email: string },
  profile: Pick<Profile, 'addresses'> | null,
): Promise<string | null> {
  const holders = (await store.findByAddress(email)).filter((holder) => holder !== employeeId);
  if (workflow === 'offboarding') {
    const isOwn = isAddressAmong(email, profile?.addresses ?? []);
    return isOwn ? null : (holders[0] ?? null);
  }
  for (const holder of holders) {
    if (await isExpected({ order, machines }, holder)) return holder;
    const accounts = await store.readAccounts(holder);
    if (accounts.some(({ status }) => status === 'active' || status === 'invited')) return holder;
  }
  return null;
}

/**
 * Whether the last that HR has said of somebody is that they come, or a run makes their accounts right now. A run that a
 * person has stopped does not count.
 */
async function isExpected(
  { order, machines }: Pick<Sources, 'machines' | 'order'>,
  employeeId: string,
): Promise<boolean> {
  const { last, active } = await order.read(employeeId);
  if (active?.workflow === 'onboarding' && (await isOpenRun(machines, active))) return true;
  if (last?.run.workflow !== 'onboarding') return false;
  return (await order.findEvent(employeeId, last.eventId))?.status !== 'stopped';
}
