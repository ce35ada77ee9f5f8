import * as z from 'zod/mini';
import { APP_TITLES, type App } from './apps.ts';

/** Why a person is told. */
export type MessageKind = 'failed' | 'trying' | 'held' | 'expired' | 'follow_up_urgent';

/** What reaches a person by itself. It holds ids only: a topic's subscribers read it in their mail. */
export type Message = {
  kind: MessageKind;
  /** The execution's name. */
  run: string;
  /** `offboarding`, `onboarding` … */
  workflow: string;
  employeeId: string;
  /** The apps that it is about; none where it is about the run as a whole. */
  apps: readonly App[];
  /** What happened, in a sentence without personal data beyond ids. */
  reason: string;
  /** What to type that helps. */
  command: string;
};

/** A message as it is published. */
export type PublishedMessage = { subject: string; text: string };

/** Tells whoever subscribes to the topic. @throws the SDK's errors */
export type Publish = (message: Message) => Promise<void>;

/** The variable with the topic's ARN. */
export const TOPIC_VARIABLE = 'ALARM_TOPIC_ARN';

const HEADLINES: Record<MessageKind, string> = {
  failed: 'is left open',
  trying: 'is tried again and again',
  held: 'is held',
  expired: 'was held for too long and ended',
  follow_up_urgent: 'needs a person now',
};

/**
 * Publishes to the topic of the alarms itself. An alarm that is ringing already says nothing of a second case; each
 * message reaches a person.
 */
export function publishFromEnvironment(): Publish {
  const environment = z.parse(z.object({ [TOPIC_VARIABLE]: z.string().check(z.minLength(1)) }), process.env);
  const TopicArn = environment[TOPIC_VARIABLE];
  return async (message) => {
    // Loaded only now, as most runs have nothing to tell.
    const { PublishCommand, SNSClient } = await import('@aws-sdk/client-sns');
    const { subject, text } = writeMessage(message);
    await new SNSClient({}).send(new PublishCommand({ TopicArn, Subject: subject, Message: text }));
  };
}

// https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
const LONGEST_SUBJECT = 99;

/** A message as people read it: what it is about first, what to do last. */
export function writeMessage(message: Message): PublishedMessage {
  const { kind, run, workflow, employeeId, apps, reason, command } = message;
  const where = apps.length === 0 ? '' : ` in ${new Intl.ListFormat('en-GB').format(apps.map(titleOf))}`;
  const headline = `The ${workflow} of employee ${employeeId}${where} ${HEADLINES[kind]}`;
  const subject = `tenure: ${headline}`.replaceAll(/[^\x20-\x7e]/g, '?').slice(0, LONGEST_SUBJECT);
  const lines = [
    `${headline}.`,
    '',
    `Employee: ${employeeId}`,
    `Run: ${run}`,
    ...(apps.length === 0 ? [] : [`Apps: ${apps.join(', ')}`]),
    `Reason: ${reason}`,
    '',
    'What helps:',
    `  ${command}`,
  ];
  return { subject, text: lines.join('\n') };
}

/**
 * The command that does an execution's work once more, by its ARN. What is done is found done.
 *
 * @param executionArn as Step Functions has it; in the embedded runtime its region is `local`.
 */
export function commandToRunAgain(executionArn: string): string {
  if (executionArn.startsWith('arn:aws:states:local:'))
    return 'npm start -- run FILE   (the same event again)';
  const machineArn = executionArn.replace(':execution:', ':stateMachine:').replace(/:[^:]*$/, '');
  const input = `$(aws stepfunctions describe-execution --execution-arn ${executionArn} --query input --output text)`;
  return `aws stepfunctions start-execution --state-machine-arn ${machineArn} --input "${input}"`;
}

/** What releases a held run, by its execution's ARN. */
export function commandToRelease(executionArn: string, run: string): string {
  if (executionArn.startsWith('arn:aws:states:local:')) return `npm start -- release ${run} --reason TEXT`;
  return `POST /runs/${run}/release with {"reason": "TEXT"}, or POST /runs/${run}/reject`;
}

const titleOf = (app: App): string => APP_TITLES[app];
