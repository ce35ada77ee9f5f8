import * as z from 'zod/mini';
import { answer, answerPage, refuseScim, type ScimDialect } from './scim-routes.ts';
import { readBody, type VendorApp } from './vendor-app.ts';

/** A group as SCIM shows it. */
export type ScimGroupRecord = { id: string; displayName: string; members: string[] };

/** What the vendor has for groups behind its SCIM surface. */
export type ScimGroupStore = {
  list: () => ScimGroupRecord[];
  create: (displayName: string) => void;
  /** Does nothing for somebody whom the vendor does not know. */
  addMember: (groupId: string, userId: string) => void;
};

const GROUP = 'urn:ietf:params:scim:schemas:core:2.0:Group';

const Members = z.array(z.object({ value: z.string() }));
const Push = z.object({ displayName: z.string().check(z.minLength(1)), members: z._default(Members, []) });
const Patch = z.object({
  Operations: z.array(z.object({ op: z.string(), path: z.optional(z.string()), value: z.unknown() })),
});

/** Adds the SCIM `Groups` endpoints over a vendor's own groups, which are matched by name when they are pushed. */
export function scimGroupRoutes(app: VendorApp, store: ScimGroupStore, dialect: ScimDialect): void {
  const represent = ({ id, displayName, members }: ScimGroupRecord) => ({
    schemas: [GROUP],
    id,
    displayName,
    members: members.map((value) => ({ value })),
    meta: { resourceType: 'Group' },
  });

  app.get('/Groups', (context) => answerPage(context, store.list().map(represent), dialect));

  app.post('/Groups', async (context) => {
    const push = z.safeParse(Push, await readBody(context));
    if (!push.success) return refuseScim(context, 400, 'displayName is required', 'invalidValue');
    const { displayName, members } = push.data;
    const isAlmostThere = store
      .list()
      .some((group) => group.displayName.toLowerCase() === displayName.toLowerCase());
    // A name that nothing has becomes a group, and one that differs by case only is taken and leads to nothing.
    if (!isAlmostThere) store.create(displayName);
    const group = store.list().find((candidate) => candidate.displayName === displayName);
    if (group !== undefined) for (const { value } of members) store.addMember(group.id, value);
    return answer(context, 201, { schemas: [GROUP], displayName, members });
  });

  app.patch('/Groups/:id', async (context) => {
    const group = store.list().find(({ id }) => id === context.req.param('id'));
    if (group === undefined) return refuseScim(context, 404, 'no such group');
    const patch = z.safeParse(Patch, await readBody(context));
    const [operation] = patch.data?.Operations ?? [];
    if (operation === undefined) return refuseScim(context, 400, 'Operations are required', 'invalidSyntax');
    // Not all of a group can be written; what cannot be is left as it is, and the answer does not say so.
    const isAddition = operation.op.toLowerCase() === 'add' && operation.path === 'members';
    const members = isAddition ? z.safeParse(Members, operation.value).data : [];
    for (const { value } of members ?? []) store.addMember(group.id, value);
    return context.body(null, 204);
  });
}
