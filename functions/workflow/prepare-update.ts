import * as z from 'zod/mini';
import { forgetNews } from '../runs/news.ts';
import { runSourcesFromEnvironment } from '../runs/run-sources.ts';
import { EventOfRun, newsOf, type RunSources } from '../runs/start-run.ts';
import { followTakeover } from '../runs/takeover.ts';
import { InvalidInputError } from '../shared/errors.ts';
import { UpdatedDetail } from '../shared/events.ts';
import { isOlder } from '../shared/position.ts';
import { parseAs, step } from '../shared/step.ts';
import { type IdentityStore, identityStoreFromEnvironment, type Profile } from '../tables/identity-store.ts';
import type { Order } from '../tables/order-store.ts';
import { contradiction } from './contradiction.ts';
import { enterOrder } from './enter-order.ts';

const NAME = 'WorkflowPrepareUpdate';

/** Checks the input, takes its place in the order, records the run, and stores what is new in the profile at once. */
export const handler = step({
  name: NAME,
  client: () => ({ ...runSourcesFromEnvironment(), store: identityStoreFromEnvironment() }),
  input: z.object({
    detail: z.extend(z.looseObject({}), EventOfRun.shape),
    execution: z.string(),
    startedAt: z.string(),
  }),
  run: async (sources, { detail, execution, startedAt }) => {
    const { store, order } = sources;
    const update = parseAs(NAME, UpdatedDetail, detail);
    const { employeeId } = update.employee;
    const run = { workflow: 'update', execution, startedAt } as const;
    const eventId = detail.event?.id;
    const moment = new Date().toISOString();
    const news = newsOf(update.employee);
    const origin = await enterOrder(sources, { ...run, eventId, employeeId, news });
    await store.writeRun(employeeId, { ...run, origin, dueAt: moment });
    const profile = await store.readProfile(employeeId);
    if (profile === null && (await store.readAccounts(employeeId)).length === 0)
      throw new InvalidInputError(
        `Nobody is known by the employee id ${employeeId}. Correct the id, or send a hire first.`,
      );
    const placed = await order.read(employeeId);
    const employee =
      placed.update?.run.name === execution ? withEarlierNews(update, placed) : update.employee;
    const isFree = await isFreeFor(sources, employee, profile);
    // This run says so, and no later one has to.
    if (!isFree) await forgetNews(order, employeeId, execution, ['email']);
    if (profile !== null && isFree && isNews(placed, execution)) {
      await store.writeProfile(employeeId, withNews(profile, employee));
      await followTakeover(sources, employeeId);
    }
    return {
      ...{ employee, origin, rescinds: false, apps: [], moment },
      requiresApproval: update.requiresApproval ?? false,
      replayedFrom: detail.event?.replayedFrom ?? null,
    };
  },
});

/** What is new, and what an earlier change has said that is not in the apps yet. */
function withEarlierNews({ employee }: UpdatedDetail, { news }: Order): UpdatedDetail['employee'] {
  return { ...news, employeeId: employee.employeeId };
}

/** Whether nobody else has the new address. */
async function isFreeFor(
  sources: RunSources & { store: IdentityStore },
  { employeeId, email }: UpdatedDetail['employee'],
  profile: Profile | null,
): Promise<boolean> {
  if (email === undefined) return true;
  return (await contradiction(sources, 'update', { employeeId, email }, profile)) === null;
}

/** Whether nothing that HR has said of the employee is later: neither another change nor a hire. */
function isNews({ last, update }: Order, execution: string): boolean {
  if (update?.run.name !== execution) return false;
  return last?.run.workflow !== 'onboarding' || !isOlder(update.position, last.position);
}

/** The profile with the facts that the event names; what it does not name stays. */
function withNews(profile: Profile, news: Omit<UpdatedDetail['employee'], 'employeeId'>): Profile {
  const { email, firstName, lastName, title, department, managerEmail, timeZone } = news;
  return {
    ...profile,
    email: email ?? profile.email,
    firstName: firstName ?? profile.firstName,
    lastName: lastName ?? profile.lastName,
    title: title ?? profile.title,
    department: department ?? profile.department,
    managerEmail: managerEmail ?? profile.managerEmail,
    timeZone: timeZone ?? profile.timeZone,
  };
}
