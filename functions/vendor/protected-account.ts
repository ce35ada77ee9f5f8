import { isApproved } from '../gate/reasons.ts';
import { APP_TITLES, type App } from '../shared/apps.ts';
import { isForGood } from '../shared/errors.ts';
import type { HeldReason } from '../shared/held-reason.ts';

/** An account is not shut before a person has agreed. */
export class ProtectedAccountError extends Error {
  override readonly name = 'ProtectedAccountError';
  readonly reasons: readonly HeldReason[];

  constructor(reasons: readonly HeldReason[]) {
    super(reasons.map(({ detail }) => detail).join(' '));
    this.reasons = reasons;
  }
}

/** What a person has released of what protects an account; without `approved`, nothing protects it. */
export type Release = {
  approved?: readonly string[];
  /** Whether the app's own secret names the account as the user behind the token. */
  isNamed?: () => Promise<boolean>;
};

/** What a client asks of an app just before it would shut an account. */
type Facts = {
  /** Reads the id of the user behind tenure's own token; null where there is none. */
  readTokenUser?: () => Promise<string | null>;
  /** Reads the account's own role. */
  readRole?: () => Promise<ToldRole>;
  /** Reads the roles of all others who can log in; asked only about an admin. */
  readOtherRoles?: () => Promise<readonly ToldRole[]>;
};

/** A role as an app names it; undefined where the app does not tell it. */
export type ToldRole = string | null | undefined;

/**
 * Lets nobody shut the user behind tenure's own token, after which every run would fail, an app's last admin, or its
 * owner. Asked just before the write, so that an account which is shut already is not held.
 *
 * @param release what has been released; without `approved` nothing is asked, as for a call by a person.
 * @throws ProtectedAccountError; what is asked throws when the app cannot be reached.
 */
export async function assertMayShut(
  app: App,
  vendorUserId: string,
  { approved, isNamed = async () => false }: Release,
  { readTokenUser = async () => null, readRole = async () => null, readOtherRoles = async () => [] }: Facts,
): Promise<void> {
  if (approved === undefined) return;
  const account = `${APP_TITLES[app]} account ${vendorUserId}`;
  const reasons: HeldReason[] = [];
  const hold = (kind: HeldReason['kind'], what: string) =>
    reasons.push({ kind, app, detail: `${account} is ${what}` });
  if (await isNamed())
    hold('token_user', "the user whom tenure's own secret names: without it, every run fails.");
  else if ((await readTokenUser().catch(orElse(null))) === vendorUserId)
    hold('token_user', "the user behind tenure's own token: without it, every run fails.");
  const role = await readRole().catch(orElse(undefined));
  if (isRole(role, 'owner')) hold('account_owner', "the owner of the company's account in the app.");
  if (isRole(role, 'admin') && (await readOtherRoles().catch(orElse([undefined]))).every(isNoAdmin))
    hold('last_admin', 'the last active admin of the app.');
  const open = reasons.filter((reason) => !isApproved(approved, reason));
  if (open.length > 0) throw new ProtectedAccountError(open);
}

function isRole(role: ToldRole, wanted: 'admin' | 'owner'): boolean {
  return role?.trim().toLowerCase() === wanted;
}

/** Whether somebody certainly cannot administer the app, as its owner can too. */
function isNoAdmin(role: ToldRole): boolean {
  return role !== undefined && !isRole(role, 'admin') && !isRole(role, 'owner');
}

/** An app that does not tell what is asked must not keep a login open. One that is away is asked again. */
function orElse<T>(unknown: T): (error: unknown) => T {
  return (error) => {
    if (isForGood(error)) return unknown;
    throw error;
  };
}
