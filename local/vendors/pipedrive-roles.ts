import { page, refuse, succeed } from './pipedrive-answers.ts';
import { assign, type PipedriveState } from './pipedrive-state.ts';
import type { VendorApp, VendorContext } from './vendor-app.ts';
import type { World } from './vendor-server.ts';

/** The routes about roles and permissions, which differ only in the status of a new assignment. */
export function roleRoutes(app: VendorApp, world: World<PipedriveState>, assigned: 200 | 201): void {
  const userOf = (context: VendorContext) =>
    world.state.users.find(({ id }) => id === Number(context.req.param('id')));

  app.get('/users/:id/roleAssignments', (context) => {
    if (userOf(context) === undefined) return refuse(context, 404, 'User not found');
    const id = Number(context.req.param('id'));
    return page(
      context,
      world.state.roleAssignments.filter(({ user_id }) => user_id === id),
    );
  });

  app.get('/users/:id/permissions', (context) => {
    const user = userOf(context);
    if (user === undefined) return refuse(context, 404, 'User not found');
    return succeed(context, { can_add_products: user.is_admin === 1, can_bulk_edit_items: false });
  });

  app.get('/roles', (context) => page(context, world.state.roles));

  app.post('/roles/:id/assignments', async (context) => {
    if (!world.state.tokenIsAdmin) return refuse(context, 403, 'Only admins may do this');
    const { user_id } = await context.req.json();
    const role = world.state.roles.find(({ id }) => id === Number(context.req.param('id')));
    const user = world.state.users.find(({ id }) => id === user_id);
    if (role === undefined || user === undefined) return refuse(context, 404, 'Role or user not found');
    context.status(assigned);
    return succeed(context, assign(world, role.id, user_id));
  });
}
