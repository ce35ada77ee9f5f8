import type { ScimPerson } from '../../vendor/scim.ts';
import type { Differing } from '../../vendor/told-facts.ts';

/** An account as REST shows it; its SCIM id is another one. */
export type RestUser = { id: number; email: string | null };

/** How accounts are written, over REST or SCIM. The client reads before and after, always over REST. */
export type AccountWrites = {
  /** Returns false when the user was there already. */
  createUser(person: ScimPerson): Promise<boolean>;
  /** Changes the given facts and no other; where that is not known to work, why, for a person. */
  updateUser:
    | ((operation: string, user: RestUser, facts: Differing) => Promise<unknown>)
    | { missing: string };
  setActive(operation: string, user: RestUser, active: boolean): Promise<unknown>;
  /** Makes sure that a role can be assigned; left out where REST's word is enough. */
  checkRole?: (operation: string, role: { id: number; name: string }) => Promise<unknown>;
  /** @param role a role of which REST lists exactly one with this name. */
  assignRole(vendorUserId: string, role: { id: number; name: string }): Promise<unknown>;
  /** Whether the last admin is refused in the same way as a token without the right. */
  forbidsLastAdmin?: true;
};
