import * as z from 'zod/mini';
import { InvalidInputError, VendorUnconfirmedError } from '../shared/errors.ts';
import type { StepResult } from '../shared/outcome.ts';
import type { Sleep } from '../shared/sleep.ts';
import { enriching } from '../vendor/enriching.ts';
import { ensure } from '../vendor/ensure.ts';
import { flagOrNothing } from '../vendor/flag-or-nothing.ts';
import type { VendorHttp } from '../vendor/http.ts';
import type { AccountWrites } from './account-writes.ts';
import { envelope, type PipedriveLists } from './answers.ts';

const Role = z.object({ id: z.int(), name: z.string() });
type Role = z.infer<typeof Role>;
const ListedRole = enriching<Role | null>('role', Role, null);
const Permissions = enriching('permissions', z.nullable(z.record(z.string(), z.unknown())), null);
const RoleAssignment = z.object({
  role_id: z.int(),
  active_flag: enriching('active_flag', flagOrNothing, null),
});
type RoleAssignment = z.infer<typeof RoleAssignment>;

/** The names of all roles, by their ids. */
export async function readRoleNames(lists: PipedriveLists, operation: string): Promise<Map<number, string>> {
  return new Map((await listRoles(lists, operation)).map(({ id, name }) => [id, name]));
}

/** The steps about roles and the permissions that come with them. */
export function pipedriveRoles(http: VendorHttp, lists: PipedriveLists, writes: AccountWrites, sleep: Sleep) {
  const listAssignments = async (operation: string, vendorUserId: string) => {
    // https://developers.pipedrive.com/docs/api/v1/Users#getUserRoleAssignments
    const path = `/users/${vendorUserId}/roleAssignments`;
    return (await lists.readAll({ operation, path, item: RoleAssignment })).filter(isInForce);
  };

  /** @throws InvalidInputError when there is not exactly one role with this name. */
  const findRole = async (name: string): Promise<Role> => {
    const roles = (await listRoles(lists, 'assignRole')).filter((role) => role.name === name);
    const [role] = roles;
    if (role !== undefined && roles.length === 1) return role;
    throw new InvalidInputError(
      `Pipedrive has ${roles.length} roles named exactly "${name}". Correct the role in the event, or the roles in Pipedrive.`,
    );
  };

  return {
    /** The names of all roles, by their ids. */
    listRoleNames: () => readRoleNames(lists, 'readGrants'),

    /** The ids of a user's roles, and the permissions that come with them; both empty when the user is gone. */
    readGrants: async (vendorUserId: string): Promise<{ roleIds: number[]; permissions: string[] }> => {
      // https://developers.pipedrive.com/docs/api/v1/Users#getUserPermissions
      const answer = await http.requestIfExists({
        operation: 'readGrants',
        method: 'GET',
        path: `/users/${encodeURIComponent(vendorUserId)}/permissions`,
        answer: envelope(Permissions),
      });
      if (answer === null) return { roleIds: [], permissions: [] };
      const assignments = await listAssignments('readGrants', encodeURIComponent(vendorUserId));
      const granted = Object.entries(answer.data ?? {}).filter(([, isGranted]) => isGranted === true);
      return {
        roleIds: assignments.map(({ role_id }) => role_id),
        permissions: granted.map(([name]) => name).sort(),
      };
    },

    /**
     * Gives the user the role with exactly this name. Pipedrive creates users without a role.
     *
     * @throws InvalidInputError when there is not exactly one such role; AccountNotManagedError as `deactivateUser`.
     */
    assignRole: async (vendorUserId: string, roleName: string | null): Promise<StepResult> => {
      if (roleName === null) {
        const hasRole = (await listAssignments('assignRole', vendorUserId)).length > 0;
        return {
          status: 'not_needed',
          followUps: hasRole ? [] : [`Give Pipedrive user ${vendorUserId} a role; the event names none.`],
        };
      }
      const role = await findRole(roleName);
      const { status } = await ensure({
        read: () => listAssignments('assignRole', vendorUserId),
        isDone: (assignments) => assignments.some(({ role_id }) => role_id === role.id),
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

async function listRoles(lists: PipedriveLists, operation: string): Promise<Role[]> {
  // https://developers.pipedrive.com/docs/api/v1/Roles#getRoles
  const roles = await lists.readAll({ operation, path: '/roles', item: ListedRole });
  return roles.filter((role) => role !== null);
}

function isInForce({ active_flag }: RoleAssignment): boolean {
  return active_flag !== false;
}
