import { AccountNotManagedError, InvalidInputError, VendorRejectedError } from '../shared/errors.ts';
import type { ScimClient } from '../vendor/scim.ts';
import type { AccountWrites, RestUser } from './dialect/writes.ts';

/**
 * The writes over SCIM, where groups are Pipedrive's roles: https://pipedrive.readme.io/docs/scim-api
 *
 * @param readUser reads an account over REST.
 */
export function scimWrites(
  scim: ScimClient,
  readUser: (operation: string, vendorUserId: string) => Promise<RestUser>,
): AccountWrites {
  const scimIdOf = async ({ id, email }: RestUser): Promise<string> => {
    const user = email ? await scim.findUser(email) : null;
    if (user === null) throw new AccountNotManagedError('pipedrive', id);
    return user.id;
  };

  /** The group with exactly the role's name: a push to another name would create a group, or do nothing. */
  const groupIdOf = async (operation: string, roleName: string): Promise<string> => {
    const groups = await scim.listGroups(operation);
    const [group, ...others] = groups.filter(({ displayName }) => displayName === roleName);
    if (group !== undefined && others.length === 0) return group.id;
    const names = groups.map(({ displayName }) => `"${displayName}"`).join(', ');
    throw new InvalidInputError(
      `Pipedrive has a role named exactly "${roleName}" over REST, but SCIM does not show exactly one such group. Its groups are: ${names || 'none'}. Compare the roles in Pipedrive.`,
    );
  };

  return {
    createUser: async (person) => {
      const { status, user } = await scim.ensureUser(person);
      if (user.active === false) await scim.ensureActive(user.id, true);
      return status === 'changed';
    },
    updateUser: { missing: 'over SCIM that is not done' },
    setActive: async (operation, user, active) => scim.setActive(operation, await scimIdOf(user), active),
    checkRole: (operation, role) => groupIdOf(operation, role.name),
    assignRole: async (vendorUserId, role) => {
      const groupId = await groupIdOf('assignRole', role.name);
      const scimId = await scimIdOf(await readUser('assignRole', vendorUserId));
      await scim.addMember('assignRole', groupId, scimId).catch(explainReadOnlyGroups);
    },
  };
}

function explainReadOnlyGroups(error: unknown): never {
  if (!(error instanceof VendorRejectedError)) throw error;
  throw new VendorRejectedError(error.call, {
    code: error.code,
    advice:
      'Pipedrive documents that groups can be read over SCIM, but not that they can be changed. Assign the role in Pipedrive, or set PIPEDRIVE_MODE to rest.',
  });
}
