import * as z from 'zod/mini';
import { enriching, enrichingText, enrichingTextIfTold } from '../vendor/enriching.ts';
import { TextId } from '../vendor/ids.ts';
import { textOrNothing } from '../vendor/text-or-nothing.ts';

/**
 * A Driftwood user as the steps pass it on. The address is spelled as in Driftwood; it is needed because a user can
 * be read only through a search.
 */
export const DriftwoodAccount = z.object({ vendorUserId: z.string(), email: z.string() });
export type DriftwoodAccount = z.infer<typeof DriftwoodAccount>;

const User = z.object({
  id: TextId,
  email: enriching('email', z.string(), ''),
  name: enrichingText('name'),
  /** Undefined where it is not known whether the user is active: nothing is confirmed by that. */
  deactivated_at: enriching<string | null | undefined>('deactivated_at', textOrNothing, undefined),
  role: enrichingTextIfTold('role'),
  must_change_password: enriching('must_change_password', z.optional(z.nullable(z.boolean())), null),
  created_at: enrichingText('created_at'),
});
/** A user as the list shows them. */
export type User = z.infer<typeof User>;

const Envelope = z.object({ ok: z.literal(true), result: z.unknown() });
const UserHolder = z.object({
  users: z.optional(z.unknown()),
  items: z.optional(z.unknown()),
  data: z.optional(z.unknown()),
  total: z.optional(z.unknown()),
});
/** A page of the list. */
export const UserPage = z.pipe(
  z.pipe(z.unknown(), z.transform(toUserPage)),
  z.object({ users: z.array(User), total: enriching('total', z.optional(z.nullable(z.int())), undefined) }),
);

// The guide does not show this answer. It may have an envelope or not, and be an array of users or an object with one.
function toUserPage(answer: unknown): unknown {
  const envelope = z.safeParse(Envelope, answer);
  const result = envelope.success ? envelope.data.result : answer;
  if (Array.isArray(result)) return { users: result };
  const holder = z.safeParse(UserHolder, result);
  if (!holder.success) return undefined;
  const { users, items, data, total } = holder.data;
  return { users: users ?? items ?? data, total };
}

/** Whether the user can log in, as far as that is known. */
export function isOpen({ deactivated_at }: User): boolean {
  return deactivated_at === null || deactivated_at === undefined;
}

/** A user who must change the password has not accepted the invitation yet. */
export function isUnaccepted({ must_change_password }: User): boolean {
  return must_change_password === true;
}

/** The account that the list shows. */
export function accountOf({ id, email }: User): DriftwoodAccount {
  return { vendorUserId: id, email };
}
