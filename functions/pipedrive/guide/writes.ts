import * as z from 'zod/mini';
import type { VendorHttp } from '../../vendor/http.ts';
import type { AccountWrites, RestUser } from '../dialect/writes.ts';
import { envelope } from './answers.ts';

/** The writes over REST. */
export function guideWrites(http: VendorHttp): AccountWrites {
  // This PUT changes only the fields it is given: https://developers.pipedrive.com/docs/api/v1/Users#updateUser
  const putUser = (operation: string, { id }: RestUser, body: object) =>
    http.request({
      operation,
      method: 'PUT',
      path: `/users/${id}`,
      body,
      answer: envelope(z.unknown()),
      isThere: true,
    });

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
    updateUser: putUser,
    setActive: (operation, user, active) => putUser(operation, user, { active_flag: active }),
    assignRole: (vendorUserId, role) =>
      // https://developers.pipedrive.com/docs/api/v1/Roles#addRoleAssignment
      http.request({
        operation: 'assignRole',
        method: 'POST',
        path: `/roles/${role.id}/assignments`,
        body: { user_id: Number(vendorUserId) },
        isThere: true,
        answer: envelope(z.unknown()),
      }),
  };
}
