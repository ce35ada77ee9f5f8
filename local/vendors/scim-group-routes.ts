import * as z from 'zod/mini';
import { answer, answerPage, refuseScim, type ScimDialect } from './scim-routes.ts';
import { readBody, type VendorApp } from './vendor-app.ts';

/** A group as SCIM shows it. */
export type ScimGroupRecord = { id: string; displayName: string; members: string[] };

/** The vendor's own groups behind its SCIM surface. */
export type ScimGroupStore = {
  list: () => ScimGroupRecord[];
  create: (displayName: string) => void;
  /** Does nothing for an unknown user. */
  addMember: (groupId: string, userId: string) => void;
};

const GROUP = 'urn:ietf:params:scim:schemas:core:2.0:Group';

const Members = z.array(z.object({ value: z.string() }));
const Push = z.object({ displayName: z.string().check(z.minLength(1)), members: z._default(Members, []) });
const Patch = z.object({
  Operations: z.array(z.object({ op: z.string(), path: z.optional(z.string()), value: z.unknown() })),
});

/** Adds the SCIM `Groups` endpoints over a vendor's own groups. A group that is pushed is matched by its name. */
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
    // A new name becomes a group. A name that differs from an existing one only by case does nothing.
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
    // Only members can be added. Any other change is ignored, and the answer does not say so.
    const isAddition = operation.op.toLowerCase() === 'add' && operation.path === 'members';
    const members = isAddition ? z.safeParse(Members, operation.value).data : [];
    for (const { value } of members ?? []) store.addMember(group.id, value);
    return context.body(null, 204);
  });
}
