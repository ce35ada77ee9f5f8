import { GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import * as z from 'zod/mini';
import { APPS, type App } from '../shared/apps.ts';
import { dynamoDb } from '../shared/dynamodb.ts';
import { identityTableFromEnvironment } from './identity-table.ts';

// In the identity table, one row an app, which the next diagnosis replaces:
//   DOCTOR#<app>  LAST  { …Diagnosis }

// As in functions/vendor/dialect.ts, which is above this room.
const DIALECTS = ['guide', 'live'] as const;

/** What is looked at. Not every app has all of it. */
export const CheckName = z.enum([
  /** The settings can be read, and the base URL has the form of a dialect. */
  'settings',
  'reachable',
  /** The credential is accepted on the surface that it is for. */
  'token',
  /** It is not accepted on the app's other surface. */
  'other_surface',
  'dialect',
  /** Whose credential it is. */
  'owner',
  /** It may do what tenure does. */
  'admin',
  'limit',
  /** Deactivated accounts are shown. */
  'deactivated',
  'scim',
  /** The roles that the policy names exist. */
  'roles',
]);
export type CheckName = z.infer<typeof CheckName>;

export const Check = z.object({
  name: CheckName,
  surface: z.enum(['rest', 'scim']),
  /** `unknown` is what the app does not tell, or what could not be asked. */
  status: z.enum(['ok', 'wrong', 'unknown']),
  /** What was found, in a few words. */
  finding: z.string(),
  /** What a person does about it; null where there is nothing to do. */
  advice: z.nullable(z.string()),
});
export type Check = z.infer<typeof Check>;

/** What was found out about an app. */
export const Diagnosis = z.object({
  app: z.enum(APPS),
  /** `wrong` when a check is. */
  status: z.enum(['ok', 'wrong']),
  /** What is wrong first and what to do, or else what was found; in one line. */
  summary: z.string(),
  /** The dialect that is set, and the one that the app answers in; null where that is not known. */
  dialect: z.nullable(z.enum(DIALECTS)),
  answers: z.nullable(z.enum(DIALECTS)),
  checkedAt: z.iso.datetime(),
  checks: z.array(Check),
});
export type Diagnosis = z.infer<typeof Diagnosis>;

/** The last diagnosis of each app. Every method throws the SDK's errors when the table cannot be reached. */
export type DiagnosisStore = {
  write(diagnosis: Diagnosis): Promise<void>;
  readAll(): Promise<Diagnosis[]>;
};

/** The diagnoses in the identity table. */
export function diagnosisStore(TableName: string, client = dynamoDb()): DiagnosisStore {
  const read = async (app: App): Promise<Diagnosis | undefined> => {
    const get = new GetItemCommand({ TableName, Key: marshall(keyOf(app)), ConsistentRead: true });
    const { Item } = await client.send(get);
    return Item === undefined ? undefined : z.parse(Diagnosis, unmarshall(Item));
  };

  return {
    write: async (diagnosis) => {
      const Item = marshall({ ...keyOf(diagnosis.app), ...diagnosis });
      await client.send(new PutItemCommand({ TableName, Item }));
    },
    readAll: async () => {
      const rows = await Promise.all(APPS.map((app) => read(app)));
      return rows.flatMap((row) => row ?? []);
    },
  };
}

/** The diagnoses of this deployment, from the environment. */
export function diagnosisStoreFromEnvironment(): DiagnosisStore {
  return diagnosisStore(identityTableFromEnvironment());
}

const keyOf = (app: App) => ({ pk: `DOCTOR#${app}`, sk: 'LAST' });
