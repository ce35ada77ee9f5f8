import * as z from 'zod/mini';
import { enriching } from '../../vendor/enriching.ts';
import { flagOrNothing } from '../../vendor/flag-or-nothing.ts';
import type { VendorHttp } from '../../vendor/http.ts';
import { NumberId } from '../../vendor/ids.ts';
import type { PipedriveCalls, Role as ShownRole } from '../dialect/calls.ts';
import { envelope, type GuideLists } from './answers.ts';

const Role = z.object({ id: NumberId, name: z.string() });
const ListedRole = enriching<ShownRole | null>('role', Role, null);
const Permissions = enriching('permissions', z.nullable(z.record(z.string(), z.unknown())), null);
const RoleAssignment = z.object({
  role_id: NumberId,
  active_flag: enriching('active_flag', flagOrNothing, null),
});

type RoleCalls = Pick<PipedriveCalls, 'listRoles' | 'listRoleIds' | 'listPermissions'>;

/** The calls that read roles and permissions. */
export function guideRoles(http: VendorHttp, lists: GuideLists): RoleCalls {
  return {
    listRoles: async (operation) => {
      // https://developers.pipedrive.com/docs/api/v1/Roles#getRoles
      const roles = await lists.readAll({ operation, path: '/roles', item: ListedRole });
      return roles.filter((role) => role !== null);
    },
    listRoleIds: async (operation, userId) => {
      // https://developers.pipedrive.com/docs/api/v1/Users#getUserRoleAssignments
      const path = `/users/${userId}/roleAssignments`;
      const assignments = await lists.readAll({ operation, path, item: RoleAssignment });
      return assignments.filter(({ active_flag }) => active_flag !== false).map(({ role_id }) => role_id);
    },
    listPermissions: async (operation, userId) => {
      // https://developers.pipedrive.com/docs/api/v1/Users#getUserPermissions
      const path = `/users/${userId}/permissions`;
      const answer = await http.requestIfExists({
        operation,
        method: 'GET',
        path,
        answer: envelope(Permissions),
      });
      if (answer === null) return null;
      const granted = Object.entries(answer.data ?? {}).filter(([, isGranted]) => isGranted === true);
      return granted.map(([name]) => name);
    },
  };
}
