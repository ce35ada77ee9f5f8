import * as z from 'zod/mini';
import { APPS, type App } from '../shared/apps.ts';
import type { StepResult } from '../shared/outcome.ts';
import { type Handler, step } from '../shared/step.ts';
import { accountOwnersFromEnvironment } from '../tables/account-owner.ts';
import { NamedNewOwner, type NewOwner, newOwnerIn } from './new-owner.ts';

const Input = z.object({
  employee: z.object({ email: z.string() }),
  apps: z.array(z.object({ app: z.enum(APPS), vendorUserId: z.nullable(z.string()) })),
  ...NamedNewOwner.shape,
});

/** A client that looks, before anything is written, whether somebody can take over a leaver's records. */
type Checks = {
  checkNewOwner: (
    leaver: { email: string; vendorUserId: string | null },
    newOwner: NewOwner | null,
  ) => Promise<StepResult>;
};

/** The handler of a step that checks who takes over the leaver's records in an app. */
export function newOwnerCheckStep(name: string, app: App, client: () => Checks): Handler<StepResult> {
  return step({
    name,
    client: () => ({ client: client(), findOwner: accountOwnersFromEnvironment() }),
    input: Input,
    run: async ({ client, findOwner }, { employee, apps, ...named }) => {
      const leaver = apps.find((item) => item.app === app);
      if (leaver === undefined) return { status: 'not_needed' };
      const { vendorUserId } = leaver;
      return client.checkNewOwner({ email: employee.email, vendorUserId }, newOwnerIn(app, named, findOwner));
    },
  });
}
