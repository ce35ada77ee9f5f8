import { gunzipSync, gzipSync } from 'node:zlib';
import { GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import * as z from 'zod/mini';
import { dynamoDb } from '../shared/dynamodb.ts';
import { parseJson } from '../shared/json.ts';
import { Plan } from '../shared/plan.ts';
import { coordinationTableFromEnvironment } from './coordination-table.ts';
import { expiryOf } from './expiry.ts';
import { identityTableFromEnvironment } from './identity-table.ts';
import { reportDays } from './retention.ts';

// In the coordination table:
//   PLAN#<id>       PLAN              what would be done, and for which request
// In the identity table:
//   EMPLOYEE#<id>   PLAN#<execution>  the plan that a run was started with

/** For how many days a run can be started with a plan. */
export const PLAN_DAYS = 7;

/** The plans. Every method throws the SDK's errors when a table cannot be reached. */
export type PlanStore = {
  /** @param request stands for what was asked for. @param now in epoch milliseconds. */
  keep(plan: Plan, request: string, now: number): Promise<void>;
  /** Null where there is none, or none any more. @param now in epoch milliseconds. */
  read(planId: string, now: number): Promise<{ plan: Plan; request: string } | null>;
  /** Keeps the plan that a run was started with, as long as the run is known. */
  keepFor(execution: string, plan: Plan): Promise<void>;
  ofRun(run: { employeeId: string; execution: string }): Promise<Plan | null>;
};

// A row holds 400 kB, and a plan may name ten thousand records; its lines are much alike.
const Packed = z.instanceof(Uint8Array);
const Row = z.object({ plan: Packed, request: z.string(), expiresAt: z.number() });

/** The plans in the two tables. */
export function planStore(
  { coordination, identity }: { coordination: string; identity: string },
  client = dynamoDb(),
): PlanStore {
  const put = (TableName: string, item: Record<string, unknown>) =>
    client.send(new PutItemCommand({ TableName, Item: marshall(item) }));
  const get = async <T>(TableName: string, key: object, row: z.ZodMiniType<T>): Promise<T | null> => {
    const { Item } = await client.send(
      new GetItemCommand({ TableName, Key: marshall(key), ConsistentRead: true }),
    );
    return Item === undefined ? null : z.parse(row, unmarshall(Item));
  };
  return {
    keep: async (plan, request, now) => {
      const row = { plan: packed(plan), request, expiresAt: expiryOf(PLAN_DAYS, now) };
      await put(coordination, { ...keyOf(plan.planId), ...row });
    },
    read: async (planId, now) => {
      const row = await get(coordination, keyOf(planId), Row);
      // The table takes its time to remove what has expired.
      if (row === null || row.expiresAt * 1000 <= now) return null;
      return { plan: unpacked(row.plan), request: row.request };
    },
    keepFor: async (execution, plan) => {
      const expiresAt = expiryOf(reportDays(), Date.now());
      await put(identity, { ...keyOfRun(plan.employeeId, execution), plan: packed(plan), expiresAt });
    },
    ofRun: async ({ employeeId, execution }) => {
      const row = await get(identity, keyOfRun(employeeId, execution), z.object({ plan: Packed }));
      return row === null ? null : unpacked(row.plan);
    },
  };
}

/** The plans of this deployment, from the environment. */
export function planStoreFromEnvironment(): PlanStore {
  return planStore({
    coordination: coordinationTableFromEnvironment(),
    identity: identityTableFromEnvironment(),
  });
}

const keyOf = (planId: string) => ({ pk: `PLAN#${planId}`, sk: 'PLAN' });
const keyOfRun = (employeeId: string, execution: string) => ({
  pk: `EMPLOYEE#${employeeId}`,
  sk: `PLAN#${execution}`,
});

const packed = (plan: Plan): Uint8Array => gzipSync(JSON.stringify(plan));
const unpacked = (bytes: Uint8Array): Plan => z.parse(Plan, parseJson(gunzipSync(bytes).toString()));
