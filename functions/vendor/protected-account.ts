import { isApproved } from '../gate/reasons.ts';
import { APP_TITLES, type App } from '../shared/apps.ts';
import { VendorAuthError, VendorRejectedError, VendorResponseError } from '../shared/errors.ts';
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
export type Release = { approved?: readonly string[] };

/** What a client asks of an app just before it would shut an account. */
type Facts = {
  /** Reads the id of the user behind tenure's own token; null where there is none. */
  readTokenUser: () => Promise<string | null>;
  /** Whether nobody else could administer the app. */
  isLastAdmin?: () => Promise<boolean>;
};

/**
 * Lets nobody shut the user behind tenure's own token, after which every run would fail, or an app's last admin.
 *
 * @param approved what has been released; undefined where nothing is asked, as for a call by a person.
 * @throws ProtectedAccountError; what is asked throws when the app cannot be reached.
 */
export async function assertMayShut(
  app: App,
  vendorUserId: string,
  approved: readonly string[] | undefined,
  { readTokenUser, isLastAdmin = async () => false }: Facts,
): Promise<void> {
  if (approved === undefined) return;
  const account = `${APP_TITLES[app]} account ${vendorUserId}`;
  const reasons: HeldReason[] = [];
  if ((await readTokenUser().catch(nobody)) === vendorUserId)
    reasons.push({
      ...{ kind: 'token_user', app },
      detail: `${account} is the user behind tenure's own token: without it, every run fails.`,
    });
  if (await isLastAdmin())
    reasons.push({ kind: 'last_admin', app, detail: `${account} is the last active admin of the app.` });
  const open = reasons.filter((reason) => !isApproved(approved, reason));
  if (open.length > 0) throw new ProtectedAccountError(open);
}

/** An app that does not tell whose the token is must not keep a login open. One that is away is asked again. */
function nobody(error: unknown): null {
  const doesNotTell =
    error instanceof VendorRejectedError ||
    error instanceof VendorResponseError ||
    error instanceof VendorAuthError;
  if (doesNotTell) return null;
  throw error;
}
