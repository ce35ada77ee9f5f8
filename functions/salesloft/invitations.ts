import { collect, walk } from '../vendor/paging.ts';
import { type Invitation, pagesOf, type SalesloftCalls } from './dialect/calls.ts';

/** All invitations that wait to be accepted; none where SalesLoft has no such list. @throws the errors of `VendorHttp` */
export async function pendingInvitations(
  { listInvitations }: SalesloftCalls,
  operation: string,
): Promise<Invitation[]> {
  if (listInvitations === null) return [];
  const pages = walk(pagesOf(operation, '/pending_email_accounts'), '1', (position: string) =>
    listInvitations(operation, position),
  );
  return collect(pages);
}
