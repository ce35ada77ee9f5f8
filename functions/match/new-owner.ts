/** What tenure knows of who has the new owner's address now. */
export type AddressHolders = {
  /** The employees who have it; none where nobody is known to. */
  employeeIds: readonly string[];
  /** The accounts in this app that are recorded for them. */
  accountIds: readonly string[];
};

/**
 * Whether an account with an address of the new owner's is theirs. `unknown` is nobody's by the records, and counts as
 * theirs where no other account does.
 *
 * @param found.ids every id by which the account may be recorded.
 * @param found.ownerId for whom it is recorded; null where for nobody.
 */
export function decideNewOwner(
  { employeeIds, accountIds }: AddressHolders,
  { ids, ownerId }: { ids: readonly string[]; ownerId: string | null },
): 'theirs' | 'unknown' | 'somebody_elses' {
  if (ids.some((id) => accountIds.includes(id))) return 'theirs';
  // Whoever had the address last is still reached by it where nobody else has it.
  if (employeeIds.length === 0 || ownerId === null) return 'unknown';
  return employeeIds.includes(ownerId) ? 'theirs' : 'somebody_elses';
}
