import * as z from 'zod/mini';
import { makePlan } from '../../functions/plan/make-plan.ts';
import { lambdaMessage, readError } from '../../functions/runs/app-result.ts';
import { requestOf } from '../../functions/runs/request.ts';
import { runSourcesFromEnvironment } from '../../functions/runs/run-sources.ts';
import { digestOf, type RunRequest, StartedRun } from '../../functions/runs/start-run.ts';
import type { App } from '../../functions/shared/apps.ts';
import type { HrEvent } from '../../functions/shared/events.ts';
import { parseJson } from '../../functions/shared/json.ts';
import type { PublishedMessage } from '../../functions/shared/message.ts';
import type { Plan } from '../../functions/shared/plan.ts';
import { type Report, unreachedApp } from '../../functions/shared/report.ts';
import type { Workflow } from '../../functions/shared/workflow.ts';
import { type IdentityStore, identityStore } from '../../functions/tables/identity-store.ts';
import { type PlanStore, planStoreFromEnvironment } from '../../functions/tables/plan-store.ts';
import { type RosterStore, rosterStore } from '../../functions/tables/roster-store.ts';
import type { StateMachineName } from '../../state-machines/load.ts';
import { ExecutionFailure } from '../aws/engine.ts';
import type { DeliveredEvent } from '../aws/event-bus.ts';
import type { EndedExecution, StepFunctionsEndpoint } from '../aws/step-functions.ts';
import { IDENTITY_TABLE } from '../aws/tables.ts';
import type { VendorServers } from '../vendors/start-vendors.ts';
import { createExecutions, type Executions } from './executions.ts';
import type { RuntimeOptions } from './options.ts';
import { RunStoppedError } from './run-stopped-error.ts';
import { type Services, startServices } from './services.ts';

export type Runtime = {
  /**
   * Plays one event to its end. The report says what failed; nothing is thrown for it.
   *
   * @param plan what the run is to do, for its evidence.
   * @throws RunStoppedError
   */
  play: (event: HrEvent, plan?: Plan | null) => Promise<Report>;
  /** What playing an event now would change. It changes nothing, and the plan is kept. @throws as `makePlan` */
  plan: (event: HrEvent) => Promise<Plan>;
  /** What a run would change that is asked for now. @throws as `makePlan` */
  planRequest: (request: RunRequest) => Promise<Plan>;
  plans: PlanStore;
  /** Hands an event to the function that EventBridge invokes, which checks it and starts its run. @throws what that throws */
  put: (event: unknown) => Promise<StartedRun>;
  /** How a run ended, once it has; null where none of this name was started. */
  over: StepFunctionsEndpoint['over'];
  /** Reconciles, and waits for the offboardings that it starts. @throws RunStoppedError */
  reconcile: (input: object) => Promise<Ended>;
  /** Syncs Drata's compliance. @throws RunStoppedError */
  syncCompliance: () => Promise<Ended>;
  /** The training follow-ups that hires have started, once they are over: weeks, unless there is a leaping clock. */
  trainingFollowUps: () => Promise<Ended[]>;
  /** Syncs the contacts of a file to Drift. @throws RunStoppedError */
  syncContacts: (input: object) => Promise<Ended>;
  /** Examines apps, and changes nothing in them. @throws RunStoppedError */
  diagnose: (input: { apps: readonly App[] }) => Promise<Ended>;
  /** Links the accounts that the people of a file have already. @throws RunStoppedError */
  importPeople: (input: {
    file: string;
    apps?: readonly string[];
    [more: string]: unknown;
  }) => Promise<Ended>;
  /** The servers that stand in for the apps that are not real. */
  vendors: Partial<VendorServers>;
  store: IdentityStore;
  /** What tenure has put on its bus, the oldest first. */
  busEvents: readonly DeliveredEvent[];
  /** What was published to the topic of the alarms, the oldest first. */
  messages: readonly PublishedMessage[];
  /** Goes when it is closed. */
  temporaryFolder: string;
  roster: RosterStore;
  /**
   * Ends what is running, for good: its `play` and every later one throw. What a step is doing at that moment is not
   * taken back.
   */
  stop: () => void;
  /** The runs that were not over when `stop` ended them, by name. */
  stopped: () => readonly string[];
  /** Stops what is running and closes every server. */
  close: () => Promise<void>;
};

/** An execution that is over. */
export type Ended = {
  /** Its name. */
  run: string;
  /** What it returned; null when it failed. */
  output: unknown;
  /** Why it failed; null when it did not. */
  failure: string | null;
};

/**
 * Starts everything that tenure needs on this machine: the vendor servers, a DynamoDB, a Secrets Manager and the
 * state machines. It sets this process's environment, because that is where handlers find their services.
 *
 * @throws UsageError when nothing can be kept or written where the options say.
 */
export async function startRuntime(options: RuntimeOptions = {}): Promise<Runtime> {
  const reported: Promise<void>[] = [];
  const services = await startServices(options, (ended) => {
    if (options.onReport !== undefined) reported.push(tellReport(ended, options.onReport));
  });
  const { vendors, engine, stepFunctions, busEvents, messages, temporaryFolder } = services;
  const executions = createExecutions(engine);
  const store = identityStore(IDENTITY_TABLE);
  const plans = planStoreFromEnvironment();
  const planRequest = (request: RunRequest) => makePlan(engine.invoke, runSourcesFromEnvironment(), request);
  let isStopped = false;
  const put = async (event: unknown): Promise<StartedRun> => {
    if (isStopped) throw new RunStoppedError();
    return z.parse(StartedRun, await engine.invoke('WorkflowStart', event));
  };
  const stop = () => {
    isStopped = true;
    executions.stop();
    stepFunctions.stopAll();
  };
  return {
    vendors,
    store,
    busEvents,
    messages,
    temporaryFolder,
    roster: rosterStore(IDENTITY_TABLE),
    play: (event, plan = null) => play({ event, plan }, put, { store, stepFunctions, plans }),
    planRequest,
    plan: async (event) => {
      const request = requestOf(event, Date.now());
      const plan = await planRequest(request);
      await plans.keep(plan, digestOf(request), Date.now());
      return plan;
    },
    plans,
    put,
    over: stepFunctions.over,
    reconcile: (input) => runWithOffboardings('reconciliation', input, executions, services),
    syncCompliance: () => runWithOffboardings('compliance-sync', {}, executions, services),
    importPeople: ({ apps, ...people }) =>
      runWithOffboardings(
        'reconciliation',
        { people, ...(apps === undefined ? {} : { apps }) },
        executions,
        services,
      ),
    diagnose: (input) => runWithOffboardings('doctor', input, executions, services),
    syncContacts: (input) => runWithOffboardings('contact-sync', input, executions, services),
    trainingFollowUps: async () => (await stepFunctions.allOver('training-follow-up')).map(asEnded),
    stop,
    stopped: stepFunctions.stopped,
    close: async () => {
      stop();
      await Promise.all(reported);
      await services.close();
    },
  };
}

const WithEmployee = z.object({ employee: z.object({ employeeId: z.string() }) });

/** Tells the report of a run that has ended; nothing of what is about no employee, or was ended before it had one. */
async function tellReport(
  { name, input }: { name: string; input: string },
  tell: NonNullable<RuntimeOptions['onReport']>,
): Promise<void> {
  const { employee } = z.safeParse(WithEmployee, parseJson(input)).data ?? {};
  if (employee === undefined) return;
  const runs = await identityStore(IDENTITY_TABLE).readRuns(employee.employeeId);
  const report = runs.findLast((run) => run.execution === name)?.report ?? null;
  if (report !== null) tell(report, name);
}

/** Hands an event over as EventBridge does, and waits for the end of its run. */
async function play(
  { event, plan }: { event: HrEvent; plan: Plan | null },
  put: Runtime['put'],
  {
    store,
    stepFunctions,
    plans,
  }: { store: IdentityStore; stepFunctions: Services['stepFunctions']; plans: PlanStore },
): Promise<Report> {
  const started = await put(event).catch((error: unknown) => {
    if (error instanceof Error && error.name === 'InvalidInputError') return error;
    throw error;
  });
  // No run was started for it; on AWS the event goes to the dead-letter queue.
  if (started instanceof Error) {
    const { workflow } = requestOf(event, Date.now());
    return reportWithout(workflow, event, { error: started.name, cause: started.message });
  }
  const { workflow, name } = started;
  if (plan !== null && started.status === 'started') await plans.keepFor(name, plan);
  const ended = await stepFunctions.over(workflow, name);
  const runs = await store.readRuns(event.detail.employee.employeeId);
  // A run that was stopped because a later event took its place has a report all the same.
  const report = runs.findLast((run) => run.execution === name)?.report ?? null;
  if (report !== null) return report;
  if (ended?.status === 'ABORTED') throw new RunStoppedError();
  return reportWithout(workflow, event, ended);
}

/** The report of a run that failed before it could write one. */
function reportWithout(
  workflow: Workflow,
  { detail }: HrEvent,
  ended: Pick<EndedExecution, 'error' | 'cause'> | null,
): Report {
  const { error = 'States.Runtime', cause = 'The run has no report.' } = ended ?? {};
  const { employeeId } = detail.employee;
  const email = ('email' in detail.employee ? detail.employee.email : undefined) ?? '';
  const wanted = 'apps' in detail ? detail.apps : [];
  const apps = wanted.map(({ app }) => unreachedApp(app, readError({ Error: error, Cause: cause })));
  const followUps = apps.length > 0 ? [] : [readError({ Error: error, Cause: cause }).message];
  return { workflow, employeeId, email, status: 'failed', apps, followUps };
}

/** Runs a machine that is neither joiner's nor leaver's to its end, and the offboardings that it starts to theirs. */
async function runWithOffboardings(
  machine: Exclude<StateMachineName, Workflow>,
  input: object,
  executions: Executions,
  { stepFunctions }: Services,
): Promise<Ended> {
  const run = `${machine}-${new Date().toISOString().replaceAll(/[:.]/g, '-')}`;
  const { output, failure } = await executions.runToEnd(machine, { execution: run, input });
  await stepFunctions.allOver('offboarding');
  if (failure === undefined) return { run, output, failure: null };
  if (!(failure instanceof ExecutionFailure)) throw failure;
  return { run, output, failure: lambdaMessage(failure.message) ?? failure.message };
}

function asEnded({ name, output, cause }: EndedExecution): Ended {
  return {
    run: name,
    output: output === undefined ? null : JSON.parse(output),
    failure: cause === undefined ? null : (lambdaMessage(cause) ?? cause),
  };
}
