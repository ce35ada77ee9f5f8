import { nextId, type World } from './vendor-server.ts';

export type PipedriveUser = {
  id: number;
  name: string;
  email: string;
  active_flag: boolean;
  is_admin: 0 | 1;
  /** Instants. A user who has never logged in has not accepted the invitation. */
  created: string;
  last_login: string | null;
};
export type OwnedRecord = { id: number; title: string; user_id: number };

export type PipedriveState = {
  users: PipedriveUser[];
  roles: { id: number; name: string }[];
  roleAssignments: { id: number; role_id: number; user_id: number; active_flag: boolean }[];
  deals: (OwnedRecord & { status: 'open' | 'won' | 'lost' })[];
  activities: (OwnedRecord & { done: boolean })[];
  persons: OwnedRecord[];
  /** Open deals that were archived: they are in none of the lists above, and nobody can change them. */
  archivedDeals: OwnedRecord[];
  /** Addresses that were sent an invitation. */
  invitations: string[];
  /** Whether the token belongs to an admin; others may not write users. */
  tokenIsAdmin: boolean;
  nextId: number;
};

export function isTaken({ users }: PipedriveState, address: string, exceptId?: number): boolean {
  return users.some(({ id, email }) => id !== exceptId && email.toLowerCase() === address.toLowerCase());
}

export function addUser(
  world: World<PipedriveState>,
  fields: Pick<PipedriveUser, 'name' | 'email' | 'active_flag'>,
): PipedriveUser {
  const created = new Date(world.now()).toISOString();
  const user: PipedriveUser = { id: nextId(world), ...fields, is_admin: 0, created, last_login: null };
  world.state.users.push(user);
  // Pipedrive always sends the invitation when a user is created.
  world.state.invitations.push(user.email);
  return user;
}

export function assign(world: World<PipedriveState>, role_id: number, user_id: number) {
  // A user has one role: the new assignment takes the place of the old one.
  world.state.roleAssignments = world.state.roleAssignments.filter(
    (assignment) => assignment.user_id !== user_id,
  );
  const assignment = { id: nextId(world), role_id, user_id, active_flag: true };
  world.state.roleAssignments.push(assignment);
  return assignment;
}

/** The user to whom the token belongs. */
export function tokenUser({ users, tokenIsAdmin }: PipedriveState): PipedriveUser | undefined {
  return users.find(({ is_admin }) => (is_admin === 1) === tokenIsAdmin);
}

export function isLastAdmin({ users }: PipedriveState, user: PipedriveUser): boolean {
  return (
    user.is_admin === 1 &&
    !users.some((other) => other.id !== user.id && other.is_admin === 1 && other.active_flag)
  );
}
