import {
  DeleteItemCommand,
  GetItemCommand,
  PutItemCommand,
  type PutItemCommandInput,
  paginateQuery,
  UpdateItemCommand,
  type UpdateItemCommandInput,
} from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import * as z from 'zod/mini';
import { APPS, type App } from '../shared/apps.ts';
import { dynamoDb } from '../shared/dynamodb.ts';
import { hashOfEmail, sameEmail } from '../shared/email.ts';
import { IdentityConflictError } from '../shared/errors.ts';
import { Origin } from '../shared/origin.ts';
import { Report } from '../shared/report.ts';
import { ShownFacts } from '../shared/shown-facts.ts';
import { Trying } from '../shared/trying.ts';
import { Workflow } from '../shared/workflow.ts';
import { accountKey, accountOwners, type FindAccountOwner } from './account-owner.ts';
import { succeedsIf } from './conditional-write.ts';
import { expiryOf, isExpired, setExpiry } from './expiry.ts';
import { type FollowUpStore, followUpStore } from './follow-up-store.ts';
import { identityTableFromEnvironment } from './identity-table.ts';
import { reportDays } from './retention.ts';
import { type IndexedRun, type RunRange, runIndex } from './run-index.ts';

// One row for each fact:
//   EMPLOYEE#<id>             PROFILE                    who the employee is
//   EMPLOYEE#<id>             ACCOUNT#<app>              the employee's account in an app
//   EMPLOYEE#<id>             RUN#<time>#<execution>     a run, and its report once it has ended
//   ACCOUNT#<app>#<vendorId>  OWNER                      the employee, found by the account
//   ADDRESS#<hash>            <id>                       who has an address now, or had it under the name `formerly`
// run-index.ts finds a run without its employee. worker-, roster-, finding-, graph-, compliance- and contact-store.ts keep their rows in the same table.

export const Profile = z.object({
  email: z.string(),
  firstName: z.string(),
  lastName: z.string(),
  title: z.nullable(z.string()),
  department: z.nullable(z.string()),
  managerEmail: z.nullable(z.string()),
  timeZone: z.nullable(z.string()),
  startDate: z.string(),
  /** Every address the employee has had, the present one too. */
  addresses: z._default(z.array(z.string()), []),
  /** The ids that the employee had before. */
  previousEmployeeIds: z._default(z.array(z.string()), []),
});
export type Profile = z.infer<typeof Profile>;

export const AccountRow = z.object({
  app: z.enum(APPS),
  vendorUserId: z.string(),
  /** The id by which another surface of the app knows the account; null where there is none. */
  otherId: z.optional(z.nullable(z.string())),
  /** The employee's address when this was written. */
  email: z.string(),
  /** What the app showed when it was last asked, but for what was written since. */
  shown: z.optional(ShownFacts),
  status: z.enum(['active', 'invited', 'deactivated', 'unverified']),
  role: z.nullable(z.string()),
  /** When the vendor last showed this, as an ISO instant. */
  verifiedAt: z.string(),
  /** The execution that wrote it. */
  execution: z.string(),
});
export type AccountRow = z.infer<typeof AccountRow>;

const RunKey = z.object({
  workflow: Workflow,
  /** The execution's name. */
  execution: z.string(),
  /** When the execution started, as an ISO instant. */
  startedAt: z.string(),
  /** Whether it takes a hire or a termination back. */
  rescinds: z.optional(z.boolean()),
  /** Which event or request started it, and who asked; null where that was not kept. */
  origin: z.optional(z.nullable(Origin)),
  /** The moment at which it is to begin, as an ISO instant. */
  dueAt: z.optional(z.nullable(z.string())),
  /** The apps that it is to be about, as far as that is known when it begins. */
  apps: z.optional(z.array(z.enum(APPS))),
});
export type RunKey = z.infer<typeof RunKey>;

const RunRow = z.extend(RunKey, {
  /** Null until the run has ended. */
  report: z.nullable(Report),
  /** What a person should mend before the run's moment; null where there is nothing. */
  warning: z._default(z.nullable(z.string()), null),
  /** Logins that are not shut and are tried again, by app; none once the run has its report. */
  trying: z._default(z.partialRecord(z.enum(APPS), Trying), {}),
});
export type RunRow = z.infer<typeof RunRow>;

const AddressRow = z.object({
  employeeId: z.string(),
  formerly: z.optional(z.object({ firstName: z.string(), lastName: z.string() })),
});

/** Somebody who had an address before, and the name under which they gave it up. */
export type FormerHolder = { employeeId: string; name: { firstName: string; lastName: string } };

/** Who is who in which app, in DynamoDB. Every method throws the SDK's errors when the table cannot be reached. */
export type IdentityStore = {
  readProfile(employeeId: string): Promise<Profile | null>;
  /** Replaces the profile; the addresses that the employee had before are kept. */
  writeProfile(
    employeeId: string,
    profile: Omit<Profile, 'addresses' | 'previousEmployeeIds'> & Partial<Profile>,
  ): Promise<void>;
  /** The employees who have an address now. */
  findByAddress(email: string): Promise<string[]>;
  /** The employees who had an address before they had another one. */
  findFormerHolders(email: string): Promise<FormerHolder[]>;
  /** As `findByAddress`, by the address's `hashOfEmail`. */
  findByAddressHash(emailHash: string): Promise<string[]>;
  /** The employee's accounts in all apps. */
  readAccounts(employeeId: string): Promise<AccountRow[]>;
  findOwner: FindAccountOwner;
  /**
   * Records an account, unless a later verification is recorded.
   *
   * @throws IdentityConflictError when the account is recorded as another employee's.
   */
  writeAccount(employeeId: string, account: AccountRow): Promise<void>;
  /** Keeps who an employee is until a moment in epoch seconds, or for good where it is null. */
  expire(employeeId: string, at: number | null): Promise<void>;
  /** Moves all that is known of an employee to another id, but the runs and the order. May be run again. */
  moveEmployee(from: string, to: string): Promise<void>;
  /** Records that a run has begun. Does nothing when it is recorded already. */
  writeRun(employeeId: string, run: RunKey): Promise<void>;
  /** Records what a person should mend before a run's moment. Does nothing when the run has its report. */
  warn(employeeId: string, run: RunKey, warning: string): Promise<void>;
  /** How a login is tried further; null when it is not. */
  readTrying(employeeId: string, run: RunKey, app: App): Promise<Trying | null>;
  /** Records how a login of a run is tried further. */
  writeTrying(employeeId: string, run: RunKey, app: App, trying: Trying): Promise<void>;
  /** Records that a login of a run is not tried any more. */
  endTrying(employeeId: string, run: RunKey, app: App): Promise<void>;
  /** Records what a run did; writing the same run again replaces it. */
  writeReport(run: RunKey, report: Report): Promise<void>;
  /** All runs for an employee, the oldest first. */
  readRuns(employeeId: string): Promise<RunRow[]>;
  /** A run that is indexed; null when it is not, or not yet. */
  readRun(run: IndexedRun): Promise<RunRow | null>;
  /** The last run of a name, whoever it is about; null when there is none. */
  findRun(execution: string): Promise<(RunRow & { employeeId: string }) | null>;
  /** The runs for all employees, the newest first. */
  newestRuns(range: RunRange): AsyncIterable<IndexedRun>;
  /** What the reports have left to people. */
  followUps: FollowUpStore;
};

/** The identity table behind `IdentityStore`. */
export function identityStore(tableName: string, client = dynamoDb()): IdentityStore {
  const get = async <T>(pk: string, sk: string, row: z.ZodMiniType<T>): Promise<T | null> => {
    const { Item } = await client.send(
      new GetItemCommand({ TableName: tableName, Key: marshall({ pk, sk }), ConsistentRead: true }),
    );
    return Item === undefined || isExpired(Item) ? null : z.parse(row, unmarshall(Item));
  };

  const query = async <T>(pk: string, prefix: string, row: z.ZodMiniType<T>): Promise<T[]> => {
    const pages = paginateQuery(
      { client },
      {
        TableName: tableName,
        ...below(pk, prefix),
        ConsistentRead: true,
      },
    );
    const rows: T[] = [];
    for await (const { Items = [] } of pages)
      rows.push(...Items.filter((item) => !isExpired(item)).map((item) => z.parse(row, unmarshall(item))));
    return rows;
  };

  const put = (item: Record<string, unknown>, condition?: Condition) =>
    client.send(new PutItemCommand({ TableName: tableName, Item: marshall(item), ...condition }));

  const findOwner = accountOwners(tableName, client);

  const claim = async (employeeId: string, app: App, vendorUserId: string): Promise<void> => {
    const isUnclaimedOrOurs = {
      ConditionExpression: 'attribute_not_exists(pk) OR employeeId = :employeeId',
      ExpressionAttributeValues: marshall({ ':employeeId': employeeId }),
    };
    const item = { pk: accountKey(app, vendorUserId), sk: 'OWNER', employeeId };
    if (await succeedsIf(put(item, isUnclaimedOrOurs))) return;
    const owner = await findOwner(app, vendorUserId);
    throw new IdentityConflictError(app, vendorUserId, owner, { employeeId });
  };

  // A row that was written before this was kept has no place for it, and goes without.
  const updateTrying = async (
    employeeId: string,
    run: RunKey,
    update: Omit<UpdateItemCommandInput, 'TableName' | 'Key' | 'ConditionExpression'>,
  ): Promise<void> => {
    const Key = marshall(runRowKey(employeeId, run));
    const ConditionExpression = 'attribute_exists(trying)';
    await succeedsIf(
      client.send(new UpdateItemCommand({ TableName: tableName, Key, ConditionExpression, ...update })),
    );
  };

  const findByAddressHash = async (emailHash: string): Promise<string[]> => {
    const rows = await query(addressKeyOfHash(emailHash), '', AddressRow);
    return rows.filter(({ formerly }) => formerly === undefined).map(({ employeeId }) => employeeId);
  };

  const index = runIndex(tableName, client);
  const followUps = followUpStore(tableName, client);

  const readRun: IdentityStore['readRun'] = (run) => {
    const { pk, sk } = runRowKey(run.employeeId, run);
    return get(pk, sk, RunRow);
  };

  const readProfile = (employeeId: string) => get(employeeKey(employeeId), 'PROFILE', Profile);

  const writeProfile: IdentityStore['writeProfile'] = async (employeeId, profile) => {
    const before = await readProfile(employeeId);
    const addresses = distinctAddresses([
      profile.email,
      ...(profile.addresses ?? []),
      ...(before === null ? [] : [before.email, ...before.addresses]),
    ]);
    const previousEmployeeIds = [
      ...new Set([...(before?.previousEmployeeIds ?? []), ...(profile.previousEmployeeIds ?? [])]),
    ];
    const row = { ...profile, addresses, previousEmployeeIds };
    await put({ pk: addressKey(profile.email), sk: employeeId, employeeId });
    await put({ pk: employeeKey(employeeId), sk: 'PROFILE', ...row });
    if (before !== null && !sameEmail(before.email, profile.email)) await giveUpAddress(employeeId, before);
  };

  /** An account that keeps the address is known by the name, whoever gets the address. */
  const giveUpAddress = (employeeId: string, { email, firstName, lastName }: Profile) =>
    put({ pk: addressKey(email), sk: employeeId, employeeId, formerly: { firstName, lastName } });

  const remove = (pk: string, sk: string) =>
    client.send(new DeleteItemCommand({ TableName: tableName, Key: marshall({ pk, sk }) }));

  const handOverOwner = async (
    from: string,
    to: string,
    { app }: AccountRow,
    vendorUserId: string,
  ): Promise<void> => {
    const isTheirs = {
      ConditionExpression: 'attribute_not_exists(pk) OR employeeId = :from OR employeeId = :to',
      ExpressionAttributeValues: marshall({ ':from': from, ':to': to }),
    };
    const item = { pk: accountKey(app, vendorUserId), sk: 'OWNER', employeeId: to };
    if (await succeedsIf(put(item, isTheirs))) return;
    const owner = await findOwner(app, vendorUserId);
    throw new IdentityConflictError(app, vendorUserId, owner, { employeeId: to });
  };

  const release = (employeeId: string, app: App, vendorUserId: string) =>
    succeedsIf(
      client.send(
        new DeleteItemCommand({
          TableName: tableName,
          Key: marshall({ pk: accountKey(app, vendorUserId), sk: 'OWNER' }),
          ConditionExpression: 'employeeId = :employeeId',
          ExpressionAttributeValues: marshall({ ':employeeId': employeeId }),
        }),
      ),
    );

  return {
    readProfile,
    writeProfile,
    findByAddress: (email) => findByAddressHash(hashOfEmail(email)),
    findByAddressHash,
    findFormerHolders: async (email) => {
      const rows = await query(addressKey(email), '', AddressRow);
      return rows.flatMap(({ employeeId, formerly }) =>
        formerly === undefined ? [] : [{ employeeId, name: formerly }],
      );
    },
    readAccounts: (employeeId) => query(employeeKey(employeeId), 'ACCOUNT#', AccountRow),
    findOwner,
    writeAccount: async (employeeId, account) => {
      // The owner row is written first: only it can refuse, and alone it does no harm.
      for (const id of idsOf(account)) await claim(employeeId, account.app, id);
      const pk = employeeKey(employeeId);
      const sk = `ACCOUNT#${account.app}`;
      const before = await get(pk, sk, AccountRow);
      const isNewer = {
        ConditionExpression: 'attribute_not_exists(pk) OR verifiedAt <= :verifiedAt',
        ExpressionAttributeValues: marshall({ ':verifiedAt': account.verifiedAt }),
      };
      const written = await succeedsIf(put({ pk, sk, ...account }, isNewer));
      if (before === null) return;
      // An owner row is kept only for the account that the employee's row names.
      const [kept, left] = written ? [account, before] : [before, account];
      for (const id of idsOf(left)) if (!idsOf(kept).includes(id)) await release(employeeId, account.app, id);
    },
    writeRun: async (employeeId, run) => {
      const isNew = { ConditionExpression: 'attribute_not_exists(pk)' };
      const row = {
        ...runRowKey(employeeId, run),
        ...run,
        report: null,
        trying: {},
        expiresAt: runExpiry(run),
      };
      await succeedsIf(put(row, isNew));
      const { workflow, execution, startedAt } = run;
      await index.write({ employeeId, workflow, execution, startedAt, status: 'open' });
    },
    warn: async (employeeId, run, warning) => {
      const { workflow, execution, startedAt } = run;
      await succeedsIf(
        client.send(
          new UpdateItemCommand({
            TableName: tableName,
            Key: marshall(runRowKey(employeeId, run)),
            UpdateExpression:
              'SET warning = :warning, workflow = :workflow, execution = :execution, startedAt = :startedAt, report = :report, expiresAt = :expiresAt',
            // A run that was stopped meanwhile has its report.
            ConditionExpression: 'attribute_not_exists(pk) OR attribute_type(report, :none)',
            ExpressionAttributeValues: marshall({
              ...{ ':warning': warning, ':workflow': workflow, ':execution': execution },
              ...{ ':startedAt': startedAt, ':report': null, ':none': 'NULL', ':expiresAt': runExpiry(run) },
            }),
          }),
        ),
      );
    },
    readTrying: async (employeeId, run, app) => {
      const { pk, sk } = runRowKey(employeeId, run);
      return (await get(pk, sk, RunRow))?.trying[app] ?? null;
    },
    writeTrying: (employeeId, run, app, trying) =>
      updateTrying(employeeId, run, {
        UpdateExpression: 'SET trying.#app = :trying',
        ExpressionAttributeNames: { '#app': app },
        ExpressionAttributeValues: marshall({ ':trying': trying }),
      }),
    endTrying: (employeeId, run, app) =>
      updateTrying(employeeId, run, {
        UpdateExpression: 'REMOVE trying.#app',
        ExpressionAttributeNames: { '#app': app },
      }),
    writeReport: async (run, report) => {
      const { employeeId, status } = report;
      const { workflow, execution, startedAt } = run;
      await put({ ...runRowKey(employeeId, run), ...run, report, expiresAt: runExpiry(run) });
      await index.write({ employeeId, workflow, execution, startedAt, status });
      await followUps.write(run, report);
    },
    expire: async (employeeId, at) => {
      const profile = await readProfile(employeeId);
      const accounts = await query(employeeKey(employeeId), 'ACCOUNT#', AccountRow);
      const keys = accounts.map(({ app }) => ({ pk: employeeKey(employeeId), sk: `ACCOUNT#${app}` }));
      if (profile !== null) {
        keys.push({ pk: employeeKey(employeeId), sk: 'PROFILE' });
        for (const email of distinctAddresses([profile.email, ...profile.addresses]))
          keys.push({ pk: addressKey(email), sk: employeeId });
      }
      await Promise.all(keys.map((key) => setExpiry({ client, TableName: tableName }, key, at)));
    },
    moveEmployee: async (from, to) => {
      const [old, present] = await Promise.all([readProfile(from), readProfile(to)]);
      if (old !== null) {
        await writeProfile(to, {
          ...(present ?? old),
          addresses: [...old.addresses, old.email],
          previousEmployeeIds: [...old.previousEmployeeIds, from],
        });
        const addresses = distinctAddresses([old.email, ...old.addresses]);
        for (const email of addresses) {
          if (!sameEmail(email, (present ?? old).email)) await giveUpAddress(to, { ...old, email });
          await remove(addressKey(email), from);
        }
        await remove(employeeKey(from), 'PROFILE');
        // A run that stores the profile just now has written its address before.
        for (const email of addresses) await remove(addressKey(email), from);
      }
      const theirs = await query(employeeKey(to), 'ACCOUNT#', AccountRow);
      for (const account of await query(employeeKey(from), 'ACCOUNT#', AccountRow)) {
        for (const id of idsOf(account)) await handOverOwner(from, to, account, id);
        const sk = `ACCOUNT#${account.app}`;
        if (!theirs.some(({ app }) => app === account.app))
          await put({ pk: employeeKey(to), sk, ...account });
        await remove(employeeKey(from), sk);
      }
    },
    readRuns: (employeeId) => query(employeeKey(employeeId), 'RUN#', RunRow),
    readRun,
    findRun: async (execution) => {
      const found = (await index.find(execution)).at(-1);
      const row = found === undefined ? null : await readRun(found);
      return found === undefined || row === null ? null : { ...row, employeeId: found.employeeId };
    },
    newestRuns: index.newest,
    followUps,
  };
}

/** The identity table of this deployment, from the environment. */
export function identityStoreFromEnvironment(): IdentityStore {
  return identityStore(identityTableFromEnvironment());
}

/** All ids by which an account is known. */
export function idsOf({ vendorUserId, otherId }: Pick<AccountRow, 'vendorUserId' | 'otherId'>): string[] {
  return [vendorUserId, ...(otherId == null ? [] : [otherId])];
}

/** A run that waits for its moment is kept from then on. */
function runExpiry({ dueAt = null }: Pick<RunKey, 'dueAt'>): number {
  return expiryOf(reportDays(), Math.max(Date.now(), Date.parse(dueAt ?? '') || 0));
}

/** All rows of a key, or those whose sort key begins with something. */
function below(pk: string, prefix: string) {
  if (prefix === '')
    return { KeyConditionExpression: 'pk = :pk', ExpressionAttributeValues: marshall({ ':pk': pk }) };
  return {
    KeyConditionExpression: 'pk = :pk AND begins_with(sk, :prefix)',
    ExpressionAttributeValues: marshall({ ':pk': pk, ':prefix': prefix }),
  };
}

type Condition = Pick<PutItemCommandInput, 'ConditionExpression' | 'ExpressionAttributeValues'>;

const employeeKey = (employeeId: string) => `EMPLOYEE#${employeeId}`;
const runRowKey = (
  employeeId: string,
  { startedAt, execution }: Pick<RunKey, 'startedAt' | 'execution'>,
) => ({
  pk: employeeKey(employeeId),
  sk: `RUN#${startedAt}#${execution}`,
});
const addressKey = (email: string) => addressKeyOfHash(hashOfEmail(email));
const addressKeyOfHash = (emailHash: string) => `ADDRESS#${emailHash}`;

/** The addresses without those that differ only in spelling. */
function distinctAddresses(addresses: readonly string[]): string[] {
  return addresses.filter(
    (address, index) => addresses.findIndex((other) => sameEmail(other, address)) === index,
  );
}
