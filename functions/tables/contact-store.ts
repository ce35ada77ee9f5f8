import {
  DeleteItemCommand,
  GetItemCommand,
  PutItemCommand,
  type PutItemCommandInput,
} from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import * as z from 'zod/mini';
import { dynamoDb } from '../shared/dynamodb.ts';
import { succeedsIf } from './conditional-write.ts';
import { ContactResult } from './contact-result.ts';
import { identityTableFromEnvironment } from './identity-table.ts';

// In the identity table, two rows for each contact:
//   CONTACT#<crmId>            DRIFT  the contact in Drift, and what the last sync did with it
//   CONTACT#drift#<contactId>  OWNER  the CRM id, found by the contact in Drift

/** A contact of the CRM in Drift. */
export const ContactMapping = z.object({
  contactId: z.int(),
  /**
   * The last sync with this contact: the execution's name, which may be used again after 90 days, and when it began.
   * https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html
   */
  run: z.string(),
  result: ContactResult,
});
export type ContactMapping = z.infer<typeof ContactMapping>;

const OwnerRow = z.object({ crmId: z.string() });

/** Which contact of Drift belongs to which CRM id. Every method throws the SDK's errors. */
export type ContactStore = {
  find(crmId: string): Promise<ContactMapping | null>;
  /**
   * Takes a contact for a CRM id, unless it belongs to another CRM id.
   *
   * @returns the CRM id to which the contact belonged, which may be the given one; null when it belonged to none.
   */
  claim(contactId: number, crmId: string): Promise<string | null>;
  /** @param before the result of `find`; when it names another contact, that one is given up. */
  write(crmId: string, mapping: ContactMapping, before: ContactMapping | null): Promise<void>;
};

/** The mappings in the identity table. */
export function contactStore(TableName: string, client = dynamoDb()): ContactStore {
  const get = async <T>(key: Record<string, string>, row: z.ZodMiniType<T>): Promise<T | null> => {
    const command = new GetItemCommand({ TableName, Key: marshall(key), ConsistentRead: true });
    const { Item } = await client.send(command);
    return Item === undefined ? null : z.parse(row, unmarshall(Item));
  };
  const put = (item: Record<string, unknown>, condition: Partial<PutItemCommandInput> = {}) =>
    client.send(new PutItemCommand({ TableName, Item: marshall(item), ...condition }));
  const release = (contactId: number, crmId: string) =>
    succeedsIf(
      client.send(
        new DeleteItemCommand({
          TableName,
          Key: marshall(ownerKey(contactId)),
          ConditionExpression: 'crmId = :crmId',
          ExpressionAttributeValues: marshall({ ':crmId': crmId }),
        }),
      ),
    );

  return {
    find: (crmId) => get(mappingKey(crmId), ContactMapping),
    claim: async (contactId, crmId) => {
      const isFree = { ConditionExpression: 'attribute_not_exists(pk)' };
      if (await succeedsIf(put({ ...ownerKey(contactId), crmId }, isFree))) return null;
      return (await get(ownerKey(contactId), OwnerRow))?.crmId ?? null;
    },
    write: async (crmId, mapping, before) => {
      await put({ ...mappingKey(crmId), ...mapping });
      if (before !== null && before.contactId !== mapping.contactId) await release(before.contactId, crmId);
    },
  };
}

/** The mappings of this deployment, from the environment. */
export function contactStoreFromEnvironment(): ContactStore {
  return contactStore(identityTableFromEnvironment());
}

const mappingKey = (crmId: string) => ({ pk: `CONTACT#${crmId}`, sk: 'DRIFT' });
const ownerKey = (contactId: number) => ({ pk: `CONTACT#drift#${contactId}`, sk: 'OWNER' });
