import * as z from 'zod/mini';
import { CaughtError, describeError, readError } from '../runs/app-result.ts';
import { APP_TITLES, APPS, type App } from '../shared/apps.ts';
import { logger } from '../shared/logger.ts';
import { type Publish, publishFromEnvironment } from '../shared/message.ts';
import { howOften } from '../shared/sentences.ts';
import { step } from '../shared/step.ts';
import { isToBeTold, nextTry, type Patience, patienceFromEnvironment, Trying } from '../shared/trying.ts';
import { Workflow } from '../shared/workflow.ts';
import { identityStoreFromEnvironment } from '../tables/identity-store.ts';
import { orderStoreFromEnvironment } from '../tables/order-store.ts';

const Input = z.object({
  workflow: Workflow,
  execution: z.string(),
  executionArn: z.string(),
  startedAt: z.string(),
  item: z.object({
    app: z.enum(APPS),
    employee: z.object({ employeeId: z.string() }),
    /** Why the login could not be shut last. */
    trouble: CaughtError,
    /** How it was tried until now; missing at first. */
    trying: z.optional(Trying),
  }),
});

/**
 * Decides when a login that could not be shut is tried again, writes that into the run, and tells a person once it has
 * taken long.
 *
 * @throws the error that it could not be shut for, when patience is at its end or a later event has taken the run's place.
 */
export const handler = step({
  name: 'WorkflowKeepTrying',
  client: () => ({
    store: identityStoreFromEnvironment(),
    order: orderStoreFromEnvironment(),
    publish: publishFromEnvironment(),
    patience: patienceFromEnvironment(),
  }),
  input: Input,
  run: async ({ store, order, publish, patience }, input) => {
    const { workflow, execution, startedAt, item } = input;
    const { app, trouble } = item;
    const { employeeId } = item.employee;
    const run = { workflow, execution, startedAt };
    const now = Date.now();
    // A run that begins anew after its process was killed goes on where it was.
    const before = item.trying ?? (await store.readTrying(employeeId, run, app));
    const next = nextTry(before, { now, reason: describeError(trouble) }, patience);
    const { last } = await order.read(employeeId);
    if (last !== null && last.run.name !== execution)
      throw await givenUp(`The run ${last.run.name} took this one's place, so it is not tried again.`);
    if (next === null) throw await givenUp(describePatience(before));
    const told =
      next.told ||
      (isForPerson(item, next, now, patience) && (await tell(publish, input, { employeeId, app, next })));
    const trying: Trying = { ...next, told };
    await store.writeTrying(employeeId, run, app, trying);
    return { status: `again at ${trying.next}`, ...trying };

    async function givenUp(why: string): Promise<Error> {
      await store.endTrying(employeeId, run, app);
      const { name, message } = readError(trouble);
      const error = new Error(`${message} ${why}`);
      error.name = name;
      return error;
    }
  },
});

function describePatience(before: Trying | null): string {
  if (before === null) return 'It was not tried again.';
  return `It was tried ${howOften(before.attempts)} since ${before.since}, and is not any more.`;
}

/** Whether a person has to be told now: at once where the app rejects the call, which mostly does not pass by itself. */
function isForPerson(
  { trouble }: z.infer<typeof Input>['item'],
  next: Trying,
  now: number,
  patience: Patience,
) {
  return trouble.Error === 'VendorRejectedError' || isToBeTold(next, now, patience);
}

/** Whether a person could be told. */
async function tell(
  publish: Publish,
  { workflow, execution, executionArn, item }: z.infer<typeof Input>,
  { employeeId, app, next }: { employeeId: string; app: App; next: Trying },
): Promise<boolean> {
  const reason = `The login in ${APP_TITLES[app]} is still open. It is tried since ${next.since}, ${howOften(next.attempts)} by now, and next at ${next.next}. ${next.reason} Whoever cannot wait deactivates the account in the app; the run finds that done.`;
  const command = commandThatHelps(execution, executionArn, item.trouble);
  try {
    await publish({ kind: 'trying', run: execution, workflow, employeeId, apps: [app], reason, command });
    return true;
  } catch (error) {
    const name = error instanceof Error ? error.name : 'Error';
    logger.error('message not published', { employeeId, execution, error: name });
    return false;
  }
}

/** A secret that is refused is to be replaced; anything else is watched. */
function commandThatHelps(execution: string, executionArn: string, trouble: CaughtError): string {
  const { name, message } = readError(trouble);
  const secret = /\bsecret (tenure\/[\w/-]+)/.exec(message)?.[1];
  if (secret !== undefined && ['VendorAuthError', 'SecretUnreadableError'].includes(name))
    return `aws secretsmanager put-secret-value --secret-id ${secret} --secret-string file://secret.json`;
  if (executionArn.startsWith('arn:aws:states:local:'))
    return `curl http://127.0.0.1:8787/runs/${execution} -H 'authorization: Bearer KEY'`;
  return `aws stepfunctions describe-execution --execution-arn ${executionArn}`;
}
