import * as z from 'zod/mini';
import { APP_DESCRIPTIONS } from '../app-descriptions.ts';
import { APP_TITLES, type App } from '../shared/apps.ts';
import { HiredDetail, onboardingMoment } from '../shared/events.ts';
import { pendingOutcome } from '../shared/outcome.ts';
import { step } from '../shared/step.ts';
import { identityStoreFromEnvironment } from '../tables/identity-store.ts';
import { recordedAccounts } from './recorded-accounts.ts';

/** Checks the input, records the run, stores the profile, and lays out one item per app for the Map state. */
export const handler = step({
  name: 'WorkflowPrepareOnboarding',
  client: identityStoreFromEnvironment,
  input: z.object({ detail: HiredDetail, execution: z.string(), startedAt: z.string() }),
  run: async (store, { detail, execution, startedAt }) => {
    const employee = withNulls(detail.employee);
    const { employeeId } = employee;
    await store.writeRun(employeeId, { workflow: 'onboarding', execution, startedAt });
    await store.writeProfile(employeeId, employee);
    const vendorUserId = recordedAccounts(await store.readAccounts(employeeId));
    return {
      employee,
      moment: onboardingMoment(detail, new Date()).toISOString(),
      apps: detail.apps.map(({ app, role, passwordEmail }) => ({
        app,
        role: role ?? null,
        passwordEmail: passwordEmail ?? false,
        vendorUserId: vendorUserId(app),
        outcome: pendingOutcome(roleFollowUps(app, role)),
      })),
    };
  },
});

// Amazon States Language cannot read a path that is not there, so what is absent is null from here on.
function withNulls(employee: HiredDetail['employee']) {
  return {
    ...employee,
    title: employee.title ?? null,
    department: employee.department ?? null,
    employmentType: employee.employmentType ?? null,
    managerEmail: employee.managerEmail ?? null,
    timeZone: employee.timeZone ?? null,
  };
}

// A role that no step assigns must not be forgotten.
function roleFollowUps(app: App, role: string | undefined): string[] {
  if (role === undefined || APP_DESCRIPTIONS[app].assignsRoles) return [];
  return [`Give the person the role ${role} in ${APP_TITLES[app]}; its API cannot.`];
}
