import * as z from 'zod/mini';
import { CaughtError, describeError } from '../runs/app-result.ts';
import { type Asks, asking } from '../shared/asks.ts';
import { RunIncompleteError } from '../shared/errors.ts';
import type { Report } from '../shared/report.ts';
import { step } from '../shared/step.ts';
import { type IdentityStore, identityStoreFromEnvironment } from '../tables/identity-store.ts';

const FollowUp = z.object({
  employee: z.object({ employeeId: z.string() }),
  deadline: z.string(),
  trainee: z._default(z.object({ appearsBy: z.optional(z.string()) }), {}),
  check: z.object({
    status: z.string(),
    missing: z.array(z.string()),
    /** Null while the record has not come. */
    personnelId: z.nullable(z.string()),
  }),
  /** Why Drata could not be read. */
  error: z.optional(CaughtError),
});
type FollowUp = z.infer<typeof FollowUp>;

/**
 * Adds the open training to the follow-ups in the report of the hire, and fails the execution, so that an alarm and a
 * person see it.
 *
 * @throws RunIncompleteError after the report is written.
 */
export const handler = step({
  name: 'TrainingConclude',
  client: identityStoreFromEnvironment,
  input: FollowUp,
  run: async (store, followUp) => {
    const { employeeId } = followUp.employee;
    const sentence = describeOpen(followUp);
    // Whoever has no record is followed up by another hire only.
    const asks = followUp.check.personnelId === null ? asking('event', [sentence]).asks : {};
    await addToReport(store, employeeId, { sentence, asks });
    throw new RunIncompleteError(`Left open for employee ${employeeId}. ${sentence}`);
  },
});

/** Adds a follow-up to the report of the latest onboarding in Drata, if there is one. */
async function addToReport(
  store: IdentityStore,
  employeeId: string,
  { sentence, asks }: { sentence: string; asks: Asks },
): Promise<void> {
  const runs = await store.readRuns(employeeId);
  const run = runs.findLast(({ workflow, report }) => workflow === 'onboarding' && hasDrata(report));
  if (run?.report === undefined || run.report === null) return;
  const apps = run.report.apps.map((report) =>
    report.app === 'drata'
      ? {
          ...report,
          followUps: [...new Set([...report.followUps, sentence])],
          asks: { ...report.asks, ...asks },
        }
      : report,
  );
  await store.writeReport(run, { ...run.report, apps });
}

function hasDrata(report: Report | null): boolean {
  return report?.apps.some(({ app }) => app === 'drata') ?? false;
}

function describeOpen({ employee, deadline, trainee, check, error }: FollowUp): string {
  const { personnelId } = check;
  if (personnelId === null) {
    const why = error === undefined ? '' : ` tenure could not look: ${describeError(error)}`;
    const day = (trainee.appearsBy ?? deadline).slice(0, 10);
    return `See that the identity provider or the HR system gives employee ${employee.employeeId} one record in Drata, which had none by ${day}; then send the hire again, so that training is followed up.${why}`;
  }
  if (error !== undefined)
    return `Look at the training and the background check of personnel ${personnelId} in Drata; tenure could not read them: ${describeError(error)}`;
  const missing = check.missing.join(', ');
  switch (check.status) {
    case 'gone':
      return `Find out who removed personnel ${personnelId} from Drata; its training cannot be followed up.`;
    case 'refused':
      return `Look at the background check of Drata personnel ${personnelId}; waiting does not change it. Open: ${missing}.`;
    default:
      return `Have Drata personnel ${personnelId} complete what was due on ${deadline.slice(0, 10)}: ${missing}.`;
  }
}
