import { type DynamoDBClient, PutItemCommand, paginateQuery } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import * as z from 'zod/mini';
import { Report } from '../shared/report.ts';
import { Workflow } from '../shared/workflow.ts';
import { succeedsIf } from './conditional-write.ts';
import { expiryOf, isExpired } from './expiry.ts';
import { monthsBack } from './months-back.ts';
import { reportDays } from './retention.ts';

// In the identity table, two rows for each run, by which it is found without its employee:
//   RUN#ALL#<month>       <time>#<execution>  in the order of time
//   RUN#NAME#<execution>  <time>#<execution>  by its name
// The run itself is below its employee; see identity-store.ts.

/** A run, as it is found without its employee. */
export const IndexedRun = z.object({
  employeeId: z.string(),
  workflow: Workflow,
  execution: z.string(),
  /** When the execution started, as an ISO instant. */
  startedAt: z.string(),
  /** What its report says; `open` while there is none. */
  status: z.union([Report.shape.status, z.literal('open')]),
});
export type IndexedRun = z.infer<typeof IndexedRun>;

/** A part of all runs. */
export type RunRange = {
  /** ISO instants. A run that started at `from` is in, one that started at `before` is not. */
  from: string;
  /** It may also be the `positionOf` a run. */
  before: string;
};

/** The runs of all employees. Every method throws the SDK's errors when the table cannot be reached. */
export type RunIndex = {
  /** Records a run. One that is recorded already, and `open`, is left as it is. */
  write(run: IndexedRun): Promise<void>;
  /** The runs of a name, the oldest first: names come again once Step Functions has forgotten them. */
  find(execution: string): Promise<IndexedRun[]>;
  /** The runs of a range, the newest first. */
  newest(range: RunRange): AsyncIterable<IndexedRun>;
};

type Place = Pick<IndexedRun, 'startedAt' | 'execution'>;

/** Where a run stands among all. */
export function positionOf({ startedAt, execution }: Place): string {
  return `${startedAt}#${execution}`;
}

/** The keys of the rows of a run. */
export function indexKeys(run: Place): { pk: string; sk: string }[] {
  const sk = positionOf(run);
  return [
    { pk: monthKey(run.startedAt.slice(0, 7)), sk },
    { pk: nameKey(run.execution), sk },
  ];
}

/** The index in the identity table. */
export function runIndex(TableName: string, client: DynamoDBClient): RunIndex {
  const isNew = { ConditionExpression: 'attribute_not_exists(pk)' };
  return {
    write: async (run) => {
      const expiresAt = expiryOf(longestDays(), Date.now());
      const condition = run.status === 'open' ? isNew : {};
      const puts = indexKeys(run).map((key) =>
        client.send(
          new PutItemCommand({ TableName, Item: marshall({ ...key, ...run, expiresAt }), ...condition }),
        ),
      );
      await Promise.all(puts.map(succeedsIf));
    },
    find: async (execution) => {
      const runs: IndexedRun[] = [];
      const pages = paginateQuery(
        { client },
        {
          TableName,
          KeyConditionExpression: 'pk = :pk',
          ExpressionAttributeValues: marshall({ ':pk': nameKey(execution) }),
          ConsistentRead: true,
        },
      );
      for await (const { Items = [] } of pages) runs.push(...Items.filter(isKept).map(parseItem));
      return runs;
    },
    newest: async function* ({ from, before }) {
      for (const month of monthsBack(from, before)) {
        const pages = paginateQuery(
          { client, pageSize: PAGE_SIZE },
          {
            TableName,
            KeyConditionExpression: 'pk = :pk AND sk BETWEEN :from AND :before',
            ExpressionAttributeValues: marshall({ ':pk': monthKey(month), ':from': from, ':before': before }),
            ScanIndexForward: false,
            ConsistentRead: true,
          },
        );
        for await (const { Items = [] } of pages)
          for (const run of Items.filter(isKept).map(parseItem)) if (positionOf(run) < before) yield run;
      }
    },
  };
}

const PAGE_SIZE = 100;
// A run may wait for its moment that long, and it is listed as long as its report is kept.
const LONGEST_WAIT_DAYS = 365;

const longestDays = () => reportDays() + LONGEST_WAIT_DAYS;
const isKept = (item: Parameters<typeof isExpired>[0]) => !isExpired(item);

const monthKey = (month: string) => `RUN#ALL#${month}`;
const nameKey = (execution: string) => `RUN#NAME#${execution}`;

function parseItem(item: Parameters<typeof unmarshall>[0]): IndexedRun {
  return z.parse(IndexedRun, unmarshall(item));
}
