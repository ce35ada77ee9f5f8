import * as z from 'zod/mini';
import type { VendorHttp } from '../vendor/http.ts';
import type { AccountWrites } from './account-writes.ts';
import { envelope } from './answers.ts';

/** The writes over REST. */
export function restWrites(http: VendorHttp): AccountWrites {
  return {
    createUser: async ({ email, firstName, lastName }) => {
      // https://developers.pipedrive.com/docs/api/v1/Users#addUser
      await http.request({
        operation: 'createUser',
        method: 'POST',
        path: '/users',
        body: { name: `${firstName} ${lastName}`, email, active_flag: true },
        answer: envelope(z.unknown()),
      });
      return true;
    },
    setActive: (operation, { id }, active) =>
      // This PUT changes only the fields it is given: https://developers.pipedrive.com/docs/api/v1/Users#updateUser
      http.request({
        operation,
        method: 'PUT',
        path: `/users/${id}`,
        body: { active_flag: active },
        answer: envelope(z.unknown()),
      }),
    assignRole: (vendorUserId, role) =>
      // https://developers.pipedrive.com/docs/api/v1/Roles#addRoleAssignment
      http.request({
        operation: 'assignRole',
        method: 'POST',
        path: `/roles/${role.id}/assignments`,
        body: { user_id: Number(vendorUserId) },
        answer: envelope(z.unknown()),
      }),
  };
}
