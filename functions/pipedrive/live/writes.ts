import * as z from 'zod/mini';
import type { VendorHttp } from '../../vendor/http.ts';
import type { AccountWrites } from '../dialect/writes.ts';
import { envelope } from '../guide/answers.ts';
import { guideWrites } from '../guide/writes.ts';

/** The writes over REST. Of a user who is there, only whether they are active can be changed. */
export function liveWrites(http: VendorHttp): AccountWrites {
  const { setActive, assignRole } = guideWrites(http);
  return {
    createUser: async ({ email }) => {
      // The invited person gives the name: https://developers.pipedrive.com/docs/api/v1/Users#addUser
      const body = { email, active_flag: true };
      const answer = envelope(z.unknown());
      await http.request({ operation: 'createUser', method: 'POST', path: '/users', body, answer });
      return true;
    },
    updateUser: { missing: 'Pipedrive’s API cannot do that' },
    setActive,
    assignRole,
    forbidsLastAdmin: true,
  };
}
