import * as z from 'zod/mini';
import { compareNames } from '../match/names.ts';
import { isAddressAmong } from '../shared/email.ts';
import { InvalidInputError } from '../shared/errors.ts';
import type { IdentityStore } from '../tables/identity-store.ts';
import type { Order, OrderStore } from '../tables/order-store.ts';

type Known = Pick<IdentityStore, 'readAccounts' | 'readProfile' | 'readRuns'>;
const Named = z.object({ email: z.string(), firstName: z.string(), lastName: z.string() });

/**
 * Looks whether anybody is known by an employee id. A termination alone tells of nobody: it waits for somebody whom
 * tenure does not know, and is not to be stopped.
 *
 * @throws InvalidInputError when nobody is; the store's errors.
 */
export async function assertKnown(
  store: Known,
  { last, update, movedTo }: Order,
  employeeId: string,
): Promise<void> {
  if (last?.run.workflow === 'onboarding' || update !== null || movedTo !== null) return;
  if (await isKnownEmployee(store, employeeId)) return;
  if ((await store.readRuns(employeeId)).some(({ workflow }) => workflow !== 'offboarding')) return;
  throw new InvalidInputError(
    `Nobody is known by the employee id ${employeeId}. Correct the previous id.`,
    'unknown',
  );
}

/**
 * Looks, before a hire takes its place in the order, whether the id that it names as the previous one can be.
 *
 * @throws InvalidInputError when nobody is known by it, or it is somebody of another name and another address; the
 *   stores' errors.
 */
export async function assertPrevious(
  { order, store }: { order: Pick<OrderStore, 'read'>; store: Known },
  detail: { employee: { employeeId: string }; previousEmployeeId?: string | undefined },
): Promise<void> {
  const { previousEmployeeId } = detail;
  if (previousEmployeeId === undefined) return;
  await assertKnown(store, await order.read(previousEmployeeId), previousEmployeeId).catch(
    (error: unknown) => {
      // What is unknown is a part of the hire, and not the hire.
      throw error instanceof InvalidInputError ? new InvalidInputError(error.message) : error;
    },
  );
  const before = await store.readProfile(previousEmployeeId);
  const hire = z.safeParse(Named, detail.employee);
  if (before === null || !hire.success) return;
  const { email, ...name } = hire.data;
  const hasAddress = isAddressAmong(email, before.addresses);
  if (hasAddress || compareNames(name, `${before.firstName} ${before.lastName}`) !== 'different') return;
  const { employeeId } = detail.employee;
  throw new InvalidInputError(
    `Employee ${previousEmployeeId} has another name and another address than ${employeeId}, so nothing is taken over. If both are one person, take over with POST /employees/${employeeId}/takeover or npm start -- takeover ${previousEmployeeId} ${employeeId}, and send the hire without previousEmployeeId. If not, correct it.`,
  );
}

/** Whether anything is known of an employee besides events. @throws the store's errors */
async function isKnownEmployee(
  store: Pick<IdentityStore, 'readAccounts' | 'readProfile'>,
  employeeId: string,
): Promise<boolean> {
  const [profile, accounts] = await Promise.all([
    store.readProfile(employeeId),
    store.readAccounts(employeeId),
  ]);
  return profile !== null || accounts.length > 0;
}
