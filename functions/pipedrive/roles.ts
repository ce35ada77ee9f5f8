import { InvalidInputError, VendorUnconfirmedError } from '../shared/errors.ts';
import { didYouMean } from '../shared/nearest.ts';
import type { StepResult } from '../shared/outcome.ts';
import type { Sleep } from '../shared/sleep.ts';
import { ensure } from '../vendor/ensure.ts';
import type { PipedriveCalls, Role } from './dialect/calls.ts';
import type { AccountWrites } from './dialect/writes.ts';

/** The names of all roles, by their ids. */
export async function readRoleNames(calls: PipedriveCalls, operation: string): Promise<Map<number, string>> {
  return new Map((await calls.listRoles(operation)).map(({ id, name }) => [id, name]));
}

/** The steps about roles and the permissions that come with them. */
export function pipedriveRoles(calls: PipedriveCalls, writes: AccountWrites, sleep: Sleep) {
  /** @throws InvalidInputError when there is not exactly one role with this name. */
  const findRole = async (operation: string, name: string): Promise<Role> => {
    const all = await calls.listRoles(operation);
    const roles = all.filter((role) => role.name === name);
    const [role] = roles;
    if (role !== undefined && roles.length === 1) return role;
    const known = all.map((one) => one.name);
    const near = roles.length > 0 ? '' : didYouMean(name, known);
    const names = roleList([...new Set(known)]);
    throw new InvalidInputError(
      `Pipedrive has ${roles.length} roles named exactly "${name}"${near || '.'} Its roles are: ${names}. Correct the role in the event, or the roles in Pipedrive.`,
    );
  };

  return {
    /** The names of all roles, by their ids. */
    listRoleNames: () => readRoleNames(calls, 'readGrants'),

    /**
     * Makes sure that a role can be given later, before somebody is created or let in for it.
     *
     * @throws InvalidInputError when there is not exactly one role with this name.
     */
    checkRole: async (name: string): Promise<void> => {
      const role = await findRole('findUser', name);
      await writes.checkRole?.('findUser', role);
    },

    /** The ids of a user's roles, and the permissions that come with them; both empty when the user is gone. */
    readGrants: async (vendorUserId: string): Promise<{ roleIds: number[]; permissions: string[] }> => {
      const id = encodeURIComponent(vendorUserId);
      const permissions = await calls.listPermissions('readGrants', id);
      if (permissions === null) return { roleIds: [], permissions: [] };
      return { roleIds: await calls.listRoleIds('readGrants', id), permissions: permissions.sort() };
    },

    /**
     * Gives the user the role with exactly this name. Pipedrive creates users without a role.
     *
     * @throws InvalidInputError when there is not exactly one such role; AccountNotManagedError as `deactivateUser`.
     */
    assignRole: async (vendorUserId: string, roleName: string | null): Promise<StepResult> => {
      if (roleName === null) {
        const hasRole = (await calls.listRoleIds('assignRole', vendorUserId)).length > 0;
        return {
          status: 'not_needed',
          followUps: hasRole ? [] : [`Give Pipedrive user ${vendorUserId} a role; the event names none.`],
        };
      }
      const role = await findRole('assignRole', roleName);
      const { status } = await ensure({
        read: () => calls.listRoleIds('assignRole', vendorUserId),
        isDone: (roleIds) => roleIds.includes(role.id),
        write: () => writes.assignRole(vendorUserId, role),
        unconfirmed: () =>
          new VendorUnconfirmedError('pipedrive', 'assignRole', `the roles of user ${vendorUserId}`),
        sleep,
      });
      if (status === 'already_done') return { status };
      return { status, changes: [{ what: `role ${roleName} assigned` }] };
    },
  };
}

// An error that is longer than this is cut off by Step Functions, or read by nobody.
const MOST_NAMES = 50;

function roleList(names: readonly string[]): string {
  if (names.length === 0) return 'none';
  const shown = names.slice(0, MOST_NAMES).map((name) => `"${name}"`);
  const more = names.length - shown.length;
  return shown.join(', ') + (more === 0 ? '' : ` and ${more} more`);
}
