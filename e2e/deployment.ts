import { ScanCommand } from '@aws-sdk/client-dynamodb';
import { ListRulesCommand, ListTargetsByRuleCommand, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { InvokeCommand } from '@aws-sdk/client-lambda';
import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { PutSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import {
  DescribeExecutionCommand,
  type DescribeExecutionOutput,
  type ExecutionListItem,
  GetExecutionHistoryCommand,
  ListExecutionsCommand,
  paginateListExecutions,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import { DeleteMessageCommand, ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import * as z from 'zod/mini';
import type { HrEvent } from '../functions/shared/events.ts';
import type { Report } from '../functions/shared/report.ts';
import type { Workflow } from '../functions/shared/workflow.ts';
import { type IdentityStore, identityStore } from '../functions/tables/identity-store.ts';
import { workerStore } from '../functions/tables/worker-store.ts';
import type { Aws } from './aws.ts';
import { strangerLeaves } from './company.ts';
import type { Outputs } from './deploy.ts';
import { until } from './until.ts';

/** A state machine that somebody may start by hand. */
export type Machine = Workflow | 'reconciliation' | 'complianceSync' | 'contactSync';
export type DetailType = HrEvent['detail-type'];

/** One execution that has ended. */
export type EndedRun = {
  name: string;
  arn: string;
  status: DescribeExecutionOutput['status'];
  error: string | undefined;
  cause: string | undefined;
  ms: number;
};

/** The deployed stack, as an HR system, a person at the console and an administrator use it: through the SDK. */
export type Deployment = {
  store: IdentityStore;
  storeSecret: (name: string, value: string) => Promise<void>;
  /** Puts events on the bus; what is wrong with one of them is for the target to find out. */
  putEvents: (...events: { type: DetailType; detail: unknown }[]) => Promise<void>;
  /** Starts an execution by hand and returns its name. */
  startByHand: (machine: Machine, input: unknown) => Promise<string>;
  /** How often a run of this workflow was started for the employee by event or request. */
  countRuns: (workflow: Workflow, employeeId: string) => Promise<number>;
  /** The employees whose training is being followed up. */
  followedUp: () => Promise<string[]>;
  /** Waits until that many runs have ended, and returns the last one that was started. */
  nthRun: (workflow: Workflow, employeeId: string, count: number) => Promise<EndedRun>;
  /** Waits for the end of the execution of this name. */
  runByName: (machine: Machine, name: string) => Promise<EndedRun>;
  /** The report that a run left behind. @throws Error when there is none */
  report: (employeeId: string, run: EndedRun) => Promise<Report>;
  /** Puts a file into the bucket, as a CRM's export does. */
  writeFile: (name: string, content: string) => Promise<void>;
  /** Waits until a roster of that many people was taken. */
  rosterTaken: (people: number) => Promise<void>;
  /** A file of the bucket, as text. */
  readFile: (name: string) => Promise<string>;
  /**
   * Waits until a later event's run and all offboardings have ended, so that what the events before it led to is there
   * to be seen. An event whose run failed is tried again when the archive replays it.
   */
  settle: () => Promise<void>;
  /** Hands an event to the rule's target as EventBridge does: asynchronously. */
  invokeTarget: (event: unknown) => Promise<void>;
  /** Takes the next message from the dead-letter queue. */
  takeDeadLetter: () => Promise<DeadLetter>;
  /** Everything in the histories of those runs and in the identity table, as one text. */
  records: () => Promise<string>;
  /** The runs that the checks waited for, for the summary. */
  ended: readonly EndedRun[];
};

// https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
const DeadLetter = z.object({
  requestPayload: z.looseObject({ detail: z.unknown() }),
  responsePayload: z.object({ errorMessage: z.string() }),
});
const TakenRoster = z.object({ count: z.int() });
export type DeadLetter = z.infer<typeof DeadLetter>;

const LONGEST_RUN_MS = 45_000;
const LONGEST_START_MS = 15_000;

/** @param signal ends every wait. */
export function deployment(aws: Aws, outputs: Outputs, signal: AbortSignal): Deployment {
  const { events, lambda, secrets, sqs, stepFunctions } = aws;
  const store = identityStore(outputs.IdentityTableName, aws.dynamodb);
  const ended: EndedRun[] = [];
  const machines = {
    onboarding: outputs.OnboardingStateMachineArn,
    offboarding: outputs.OffboardingStateMachineArn,
    update: outputs.UpdateStateMachineArn,
    reconciliation: outputs.ReconciliationStateMachineArn,
    complianceSync: outputs.ComplianceSyncStateMachineArn,
    contactSync: outputs.ContactSyncStateMachineArn,
  };

  const listRuns = async (workflow: Workflow, employeeId: string): Promise<ExecutionListItem[]> => {
    const pages = paginateListExecutions({ client: stepFunctions }, { stateMachineArn: machines[workflow] });
    const runs: ExecutionListItem[] = [];
    for await (const { executions = [] } of pages) runs.push(...executions);
    return runs.filter(({ name }) => name?.startsWith(`${workflow}-${employeeId}-`));
  };

  const isAnyRunning = async (workflow: Workflow): Promise<boolean> => {
    const { executions = [] } = await stepFunctions.send(
      new ListExecutionsCommand({ stateMachineArn: machines[workflow], statusFilter: 'RUNNING' }),
    );
    return executions.length > 0;
  };

  const waitForEnd = async (executionArn: string): Promise<EndedRun> => {
    return until(
      async () => {
        const execution = await stepFunctions.send(new DescribeExecutionCommand({ executionArn }));
        return execution.status === 'RUNNING' ? undefined : endedRun(execution);
      },
      { what: `the end of ${executionArn}`, timeoutMs: LONGEST_RUN_MS, signal },
    );
  };

  const remember = (run: EndedRun) => {
    ended.push(run);
    return run;
  };

  const putEvents: Deployment['putEvents'] = async (...entries) => {
    const { FailedEntryCount } = await events.send(
      new PutEventsCommand({
        Entries: entries.map(({ type, detail }) => ({
          EventBusName: outputs.EventBusName,
          Source: 'hr',
          DetailType: type,
          Detail: JSON.stringify(detail),
        })),
      }),
    );
    if (FailedEntryCount !== 0) throw new Error(`The bus refused ${FailedEntryCount} events.`);
  };

  const waitForNth: Deployment['nthRun'] = async (workflow, employeeId, count) => {
    const executionArn = await until(
      async () => {
        const runs = await listRuns(workflow, employeeId);
        return runs.length < count ? undefined : newest(runs).executionArn;
      },
      {
        what: `${workflow} number ${count} of employee ${employeeId} to start`,
        timeoutMs: LONGEST_START_MS,
        signal,
      },
    );
    return waitForEnd(executionArn);
  };

  return {
    store,
    ended,
    storeSecret: async (SecretId, SecretString) => {
      await secrets.send(new PutSecretValueCommand({ SecretId, SecretString }));
    },
    records: async () => {
      const histories = await Promise.all(
        ended.map(({ arn }) =>
          stepFunctions.send(new GetExecutionHistoryCommand({ executionArn: arn, maxResults: 1000 })),
        ),
      );
      const table = await aws.dynamodb.send(new ScanCommand({ TableName: outputs.IdentityTableName }));
      return JSON.stringify([histories.map(({ events }) => events), table.Items]);
    },
    putEvents,
    startByHand: async (machine, input) => {
      const name = `by-hand-${crypto.randomUUID()}`;
      await stepFunctions.send(
        new StartExecutionCommand({
          stateMachineArn: machines[machine],
          name,
          input: JSON.stringify(input),
        }),
      );
      return name;
    },
    followedUp: async () => {
      const stateMachineArn = outputs.TrainingFollowUpStateMachineArn;
      const { executions = [] } = await stepFunctions.send(
        new ListExecutionsCommand({ stateMachineArn, statusFilter: 'RUNNING' }),
      );
      const names = executions.map(({ name = '' }) => name);
      return names.map((name) => name.replace(/^training-follow-up-(.*)-\w+$/, '$1')).sort();
    },
    countRuns: async (workflow, employeeId) => (await listRuns(workflow, employeeId)).length,
    nthRun: async (workflow, employeeId, count) => remember(await waitForNth(workflow, employeeId, count)),
    runByName: async (machine, name) =>
      remember(await waitForEnd(`${machines[machine].replace(':stateMachine:', ':execution:')}:${name}`)),
    report: async (employeeId, { name }) => {
      const runs = await store.readRuns(employeeId);
      const report = runs.find(({ execution }) => execution === name)?.report;
      if (!report) throw new Error(`The run ${name} left no report.`);
      return report;
    },
    writeFile: async (Key, Body) => {
      await aws.s3.send(new PutObjectCommand({ Bucket: outputs.FilesBucketName, Key, Body }));
    },
    rosterTaken: async (people) => {
      const workers = workerStore(outputs.IdentityTableName, aws.dynamodb);
      await until(
        async () => {
          const state = z.safeParse(TakenRoster, await workers.readState('roster')).data;
          return state?.count === people ? true : undefined;
        },
        { what: `a roster of ${people} people to be taken`, timeoutMs: LONGEST_RUN_MS, signal },
      );
    },
    readFile: async (Key) => {
      const answer = await aws.s3.send(new GetObjectCommand({ Bucket: outputs.FilesBucketName, Key }));
      return (await answer.Body?.transformToString()) ?? '';
    },
    settle: async () => {
      const detail = strangerLeaves();
      await putEvents({ type: 'employee.terminated', detail });
      await waitForNth('offboarding', detail.employee.employeeId, 1);
      await until(async () => ((await isAnyRunning('offboarding')) ? undefined : true), {
        what: 'every offboarding to end',
        timeoutMs: LONGEST_RUN_MS,
        signal,
      });
    },
    invokeTarget: async (event) => {
      await lambda.send(
        new InvokeCommand({
          FunctionName: await findTarget(aws, outputs.EventBusName),
          InvocationType: 'Event',
          Payload: Buffer.from(JSON.stringify(event)),
        }),
      );
    },
    takeDeadLetter: () =>
      until(
        async () => {
          const queue = { QueueUrl: outputs.DeadLetterQueueUrl };
          const { Messages = [] } = await sqs.send(new ReceiveMessageCommand(queue));
          const [message] = Messages;
          if (message === undefined) return undefined;
          await sqs.send(new DeleteMessageCommand({ ...queue, ReceiptHandle: message.ReceiptHandle }));
          return z.parse(DeadLetter, JSON.parse(message.Body ?? ''));
        },
        { what: 'a dead letter', timeoutMs: LONGEST_START_MS, signal },
      ),
  };
}

/** The ARN of what the bus's rule for employee events invokes. */
async function findTarget({ events }: Aws, EventBusName: string): Promise<string> {
  const { Rules = [] } = await events.send(new ListRulesCommand({ EventBusName }));
  // Archives and webhooks have rules of their own on the bus.
  const names = Rules.flatMap(({ Name }) => (Name?.endsWith('-employee-events') ? [Name] : []));
  const answers = await Promise.all(
    names.map((Rule) => events.send(new ListTargetsByRuleCommand({ EventBusName, Rule }))),
  );
  const arns = answers.flatMap(({ Targets = [] }) => Targets.map(({ Arn }) => Arn));
  const [arn] = arns;
  if (arn === undefined || arns.length > 1)
    throw new Error(`Expected one target behind the bus ${EventBusName}, found ${arns.length}.`);
  return arn;
}

function newest(runs: readonly ExecutionListItem[]) {
  const time = ({ startDate }: ExecutionListItem) => startDate?.getTime() ?? 0;
  const [first] = [...runs].sort((a, b) => time(b) - time(a));
  return z.parse(z.object({ executionArn: z.string() }), first);
}

function endedRun({
  name,
  executionArn,
  status,
  error,
  cause,
  startDate,
  stopDate,
}: DescribeExecutionOutput) {
  const times = z.parse(z.object({ startDate: z.date(), stopDate: z.date() }), { startDate, stopDate });
  return {
    ...z.parse(z.object({ name: z.string(), arn: z.string() }), { name, arn: executionArn }),
    status,
    error,
    cause,
    ms: times.stopDate.getTime() - times.startDate.getTime(),
  };
}
