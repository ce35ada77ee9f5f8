import { createHash } from 'node:crypto';
import {
  DeleteItemCommand,
  type DynamoDBClient,
  PutItemCommand,
  paginateQuery,
} from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import * as z from 'zod/mini';
import { APPS } from '../shared/apps.ts';
import { FollowUpAsks } from '../shared/asks.ts';
import type { Report } from '../shared/report.ts';
import { succeedsIf } from './conditional-write.ts';
import { expiryOf, isExpired } from './expiry.ts';
import { monthsBack } from './months-back.ts';
import { reportDays } from './retention.ts';

// In the identity table, one row for each follow-up of a report, in the month in which its run started:
//   RUN#FOLLOWUP#<month>  <id>

/** What a run has left to a person. */
export const FollowUp = z.object({
  /** When the run started, and a hash; in the order of time. */
  id: z.string(),
  /** One sentence. */
  text: z.string(),
  /** Null where it belongs to no app. */
  app: z.nullable(z.enum(APPS)),
  employeeId: z.string(),
  run: z.string(),
  /** `high` where a leaver may still be able to log in. */
  urgency: z.enum(['high', 'normal']),
  /** Null where a person says that it is done, and of those that were kept before this was. */
  asks: z._default(z.nullable(FollowUpAsks), null),
  status: z.enum(['open', 'done']),
  /** Who says that it is done, and when; null while it is open. */
  done: z.nullable(z.object({ by: z.nullable(z.string()), at: z.string(), note: z.nullable(z.string()) })),
});
export type FollowUp = z.infer<typeof FollowUp>;

/** The follow-ups. Every method throws the SDK's errors when the table cannot be reached. */
export type FollowUpStore = {
  /** Records the follow-ups of a report. Those that are recorded already stay as they are. */
  write(run: { execution: string; startedAt: string }, report: Report): Promise<void>;
  find(id: string): Promise<FollowUp | null>;
  /** Records who has done it. False when somebody has before. */
  finish(followUp: FollowUp, done: NonNullable<FollowUp['done']>): Promise<boolean>;
  /** From an id downwards, or from now; the newest first. */
  newest(range: { from: string; before: string }): AsyncIterable<FollowUp>;
  /** Those of a run. */
  ofRun(run: { execution: string; startedAt: string }): Promise<FollowUp[]>;
  /** Forgets those about an employee of a run that started then. */
  remove(employeeId: string, startedAt: string): Promise<void>;
};

/** The follow-ups in the identity table. */
export function followUpStore(TableName: string, client: DynamoDBClient): FollowUpStore {
  async function* between(month: string, from: string, to: string): AsyncGenerator<FollowUp> {
    const pages = paginateQuery(
      { client, pageSize: 100 },
      {
        TableName,
        KeyConditionExpression: 'pk = :pk AND sk BETWEEN :from AND :to',
        ExpressionAttributeValues: marshall({ ':pk': keyOf(month), ':from': from, ':to': to }),
        ScanIndexForward: false,
        ConsistentRead: true,
      },
    );
    for await (const { Items = [] } of pages)
      for (const item of Items) if (!isExpired(item)) yield z.parse(FollowUp, unmarshall(item));
  }
  const put = (followUp: FollowUp, ConditionExpression: string, values: object) =>
    succeedsIf(
      client.send(
        new PutItemCommand({
          TableName,
          Item: marshall({
            ...{ pk: keyOf(followUp.id.slice(0, 7)), sk: followUp.id, ...followUp },
            expiresAt: expiryOf(reportDays(), Date.now()),
          }),
          ConditionExpression,
          ...values,
        }),
      ),
    );
  return {
    write: async (run, report) => {
      for (const followUp of followUpsOf(run, report)) await put(followUp, 'attribute_not_exists(pk)', {});
    },
    find: async (id) => {
      for await (const followUp of between(id.slice(0, 7), id, id)) return followUp;
      return null;
    },
    finish: (followUp, done) =>
      put({ ...followUp, status: 'done', done }, '#status = :open', {
        ExpressionAttributeNames: { '#status': 'status' },
        ExpressionAttributeValues: marshall({ ':open': 'open' }),
      }),
    newest: async function* ({ from, before }) {
      for (const month of monthsBack(from, before))
        for await (const followUp of between(month, from, before)) if (followUp.id < before) yield followUp;
    },
    ofRun: async ({ execution, startedAt }) => {
      const begin = stampOf(startedAt);
      const found: FollowUp[] = [];
      for await (const followUp of between(startedAt.slice(0, 7), begin, `${begin}~`))
        if (followUp.run === execution) found.push(followUp);
      return found;
    },
    remove: async (employeeId, startedAt) => {
      const begin = stampOf(startedAt);
      for await (const { id, ...followUp } of between(startedAt.slice(0, 7), begin, `${begin}~`))
        if (followUp.employeeId === employeeId)
          await client.send(
            new DeleteItemCommand({ TableName, Key: marshall({ pk: keyOf(id.slice(0, 7)), sk: id }) }),
          );
    },
  };
}

const keyOf = (month: string) => `RUN#FOLLOWUP#${month}`;

/** An instant as it may stand in a path. */
const stampOf = (startedAt: string) => startedAt.replaceAll(/[:.]/g, '');

function followUpsOf(run: { execution: string; startedAt: string }, report: Report): FollowUp[] {
  const { workflow, employeeId, apps, followUps = [], asks = {} } = report;
  const isUnknown = report.status === 'unknown_person';
  const said = [
    ...followUps.map((text) => ({
      ...{ app: null, text, asks: asks[text] ?? null },
      isHigh: workflow === 'offboarding' && isUnknown,
    })),
    ...apps.flatMap(({ app, status, followUps: ofApp, asks: inApp = {} }) =>
      ofApp.map((text) => ({
        ...{ app, text, asks: inApp[text] ?? null },
        isHigh: workflow === 'offboarding' && status === 'failed',
      })),
    ),
  ];
  return said.map(({ app, text, asks, isHigh }) => {
    const hash = createHash('sha256')
      .update(JSON.stringify([run.execution, app, text]))
      .digest('hex');
    return {
      id: `${stampOf(run.startedAt)}-${hash.slice(0, 16)}`,
      ...{ text, app, asks, employeeId, run: run.execution },
      urgency: isHigh ? 'high' : 'normal',
      status: 'open',
      done: null,
    };
  });
}
