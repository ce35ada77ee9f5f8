import { GetItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import * as z from 'zod/mini';
import type { App } from '../shared/apps.ts';
import { dynamoDb } from '../shared/dynamodb.ts';
import { isExpired } from './expiry.ts';
import { identityTableFromEnvironment } from './identity-table.ts';

const OwnerRow = z.object({ employeeId: z.string() });

/** The employee to whom an account belongs; null when it is not known. */
export type FindAccountOwner = (app: App, vendorUserId: string) => Promise<string | null>;

/** Under which key it is kept for whom an account is recorded. */
export const accountKey = (app: App, vendorUserId: string) => `ACCOUNT#${app}#${vendorUserId}`;

/** Finds for whom an account is recorded, apart from the other rows, for steps that need no more of them. */
export function accountOwners(tableName: string, client = dynamoDb()): FindAccountOwner {
  return async (app, vendorUserId) => {
    const Key = marshall({ pk: accountKey(app, vendorUserId), sk: 'OWNER' });
    const { Item } = await client.send(
      new GetItemCommand({ TableName: tableName, Key, ConsistentRead: true }),
    );
    return Item === undefined || isExpired(Item) ? null : z.parse(OwnerRow, unmarshall(Item)).employeeId;
  };
}

/** The owners of this deployment's accounts, from the environment. */
export const accountOwnersFromEnvironment = (): FindAccountOwner =>
  accountOwners(identityTableFromEnvironment());
