import * as z from 'zod/mini';
import { APP_TITLES, type App } from './apps.ts';
import { visible } from './visible.ts';

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

/** The variable with the address of the page, where the deployment has one. */
export const PAGE_URL_VARIABLE = 'TENURE_PAGE_URL';

const HEADLINES: Record<MessageKind, string> = {
  failed: 'is left open',
  trying: 'is tried again and again',
  held: 'is held',
  expired: 'was held for too long and ended',
  follow_up_urgent: 'needs a person now',
};

/**
 * Publishes to the topic of the alarms itself. An alarm that is ringing already says nothing of a second case; each
 * message reaches a person: as text in a mail, and in a chat by its service, which takes notifications of one form only.
 */
export function publishFromEnvironment(): Publish {
  const environment = z.parse(z.object({ [TOPIC_VARIABLE]: z.string().check(z.minLength(1)) }), process.env);
  const TopicArn = environment[TOPIC_VARIABLE];
  return async (message) => {
    // Loaded only now, as most runs have nothing to tell.
    const { PublishCommand, SNSClient } = await import('@aws-sdk/client-sns');
    const pageUrl = process.env[PAGE_URL_VARIABLE];
    const { subject, text } = writeMessage(message, pageUrl);
    // https://docs.aws.amazon.com/sns/latest/dg/sns-send-custom-platform-specific-payloads-mobile-devices.html: by protocol
    const Message = JSON.stringify({
      default: text,
      https: JSON.stringify(chatNotification(message, pageUrl)),
    });
    await new SNSClient({}).send(
      new PublishCommand({ TopicArn, Subject: subject, Message, MessageStructure: 'json' }),
    );
  };
}

// https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
const LONGEST_SUBJECT = 99;

/**
 * A message as people read it: what it is about first, what to do last.
 *
 * @param pageUrl the page's address, where there is one.
 */
export function writeMessage(message: Message, pageUrl?: string): PublishedMessage {
  const { run, employeeId, apps, reason, command } = message;
  const headline = headlineOf(message);
  const subject = `tenure: ${headline}`.replaceAll(/[^\x20-\x7e]/g, '?').slice(0, LONGEST_SUBJECT);
  const lines = [
    `${headline}.`,
    '',
    `Employee: ${employeeId}`,
    `Run: ${run}`,
    ...(apps.length === 0 ? [] : [`Apps: ${apps.join(', ')}`]),
    `Reason: ${reason}`,
    ...(pageUrl === undefined ? [] : [`Page: ${placeOf(pageUrl, run)}`]),
    '',
    'What helps:',
    `  ${command}`,
  ];
  // What an app said must not look like a line of tenure's.
  return { subject, text: lines.map(visible).join('\n') };
}

/**
 * The same for Slack and Microsoft Teams, by way of Amazon Q Developer in chat applications:
 * https://docs.aws.amazon.com/chatbot/latest/adminguide/custom-notifs.html
 */
export function chatNotification(message: Message, pageUrl?: string) {
  const { kind, run, reason, command } = message;
  const look = pageUrl === undefined ? [] : [`Look at ${placeOf(pageUrl, run)}`];
  return {
    version: '1.0',
    source: 'custom',
    content: {
      textType: 'client-markdown',
      title: headlineOf(message),
      description: visible(reason),
      nextSteps: [...look, command],
      keywords: [kind],
    },
    // What is told of a run later goes on in the same thread.
    metadata: { threadId: run, eventType: kind, relatedResources: [run] },
  };
}

function headlineOf({ kind, workflow, employeeId, apps }: Message): string {
  const where = apps.length === 0 ? '' : ` in ${new Intl.ListFormat('en-GB').format(apps.map(titleOf))}`;
  return `The ${workflow} of employee ${employeeId}${where} ${HEADLINES[kind]}`;
}

/** A run's place in the page. */
const placeOf = (pageUrl: string, run: string) => `${pageUrl}#/runs/${encodeURIComponent(run)}`;

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
