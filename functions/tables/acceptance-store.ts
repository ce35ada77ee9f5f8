import { type DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import * as z from 'zod/mini';
import type { App } from '../shared/apps.ts';
import { dynamoDb } from '../shared/dynamodb.ts';
import { expiryOf } from './expiry.ts';
import type { Finding } from './finding-store.ts';
import { keyOfFinding } from './finding-store.ts';
import { identityTableFromEnvironment } from './identity-table.ts';
import { readPartition } from './partition.ts';
import { reportDays } from './retention.ts';

// In the identity table, one row for each finding that somebody has accepted, whichever reconciliation finds it again:
//   ACCEPTED#<app>  <kind>#<vendorUserId>#<employeeId>  { …, expiresAt }

/** That a person lives with a finding for some time. */
export const Acceptance = z.object({
  /** Who; null where nobody can tell. */
  by: z.nullable(z.string()),
  at: z.string(),
  /** Why, in their words. */
  reason: z.string(),
  /** The instant at which the finding comes back. */
  until: z.string(),
});
export type Acceptance = z.infer<typeof Acceptance>;

const AcceptanceRow = z.extend(Acceptance, {
  /** The key of the finding, and what was found. */
  finding: z.string(),
  what: z.string(),
  /** Whose it is, by which the row is found when they are forgotten. */
  employeeId: z.nullable(z.string()),
  /** Who has taken it back, and when. */
  withdrawn: z.nullable(z.object({ by: z.nullable(z.string()), at: z.string() })),
});
type AcceptanceRow = z.infer<typeof AcceptanceRow>;

/** The findings that people have accepted. Every method throws the SDK's errors when the table cannot be reached. */
export type AcceptanceStore = {
  /** Replaces what was said about the finding before. */
  write(finding: Finding, acceptance: Acceptance): Promise<void>;
  /** Takes an acceptance back. */
  withdraw(
    finding: Finding,
    acceptance: Acceptance,
    withdrawn: { by: string | null; at: string },
  ): Promise<void>;
  /** How a finding is accepted at a moment, in epoch milliseconds; null where it is not. */
  find(finding: Finding, now: number): Promise<Acceptance | null>;
  /** The same for all findings of an app. */
  readAll(app: App, now: number): Promise<(finding: Finding) => Acceptance | null>;
};

/** The acceptances in the identity table. */
export function acceptanceStore(TableName: string, client: DynamoDBClient = dynamoDb()): AcceptanceStore {
  const put = async (
    finding: Finding,
    row: Omit<AcceptanceRow, 'finding' | 'what' | 'employeeId'>,
  ): Promise<void> => {
    const expiresAt = expiryOf(reportDays(), Date.parse(row.until));
    const { employeeId } = finding;
    const said = { ...row, employeeId, finding: keyOfFinding(finding), what: whatOf(finding) };
    await client.send(
      new PutItemCommand({ TableName, Item: marshall({ ...keyOf(finding), ...said, expiresAt }) }),
    );
  };
  return {
    write: (finding, acceptance) => put(finding, { ...acceptance, withdrawn: null }),
    withdraw: (finding, acceptance, withdrawn) => put(finding, { ...acceptance, withdrawn }),
    find: async (finding, now) => {
      const get = new GetItemCommand({ TableName, Key: marshall(keyOf(finding)), ConsistentRead: true });
      const { Item } = await client.send(get);
      return Item === undefined ? null : valid(z.parse(AcceptanceRow, unmarshall(Item)), finding, now);
    },
    readAll: async (app, now) => {
      const rows = new Map<string, AcceptanceRow>();
      for await (const row of readPartition({ client, TableName }, `ACCEPTED#${app}`, AcceptanceRow))
        rows.set(row.finding, row);
      return (finding) => valid(rows.get(keyOfFinding(finding)), finding, now);
    },
  };
}

/** The acceptances of this deployment, from the environment. */
export function acceptanceStoreFromEnvironment(): AcceptanceStore {
  return acceptanceStore(identityTableFromEnvironment());
}

/** An acceptance as long as it holds: it is about what was found then. */
function valid(row: AcceptanceRow | undefined, finding: Finding, now: number): Acceptance | null {
  if (row === undefined || row.withdrawn !== null) return null;
  if (Date.parse(row.until) <= now || row.what !== whatOf(finding)) return null;
  const { by, at, reason, until } = row;
  return { by, at, reason, until };
}

/** What was found. How many days an invitation is old is another number every day. */
function whatOf({ kind, detail }: Finding): string {
  return kind === 'pending_invitation' ? kind : detail;
}

function keyOf(finding: Finding): { pk: string; sk: string } {
  const { app } = finding;
  return { pk: `ACCEPTED#${app}`, sk: keyOfFinding(finding).slice(app.length + 1) };
}
