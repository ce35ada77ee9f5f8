import { DynamoDBClient, QueryCommand } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { AccountRow } from '../../functions/tables/identity-store.ts';
import { IDENTITY_TABLE } from '../../local/aws/tables.ts';
import { startApi } from '../../local/runtime/local-api.ts';
import { type Runtime, startRuntime } from '../../local/runtime/runtime.ts';
import { ANN, TOMAS } from '../../local/vendors/company.ts';
import {
  driftConversationEvent,
  driftWebhook,
  pipedriveUserEvent,
  pipedriveWebhook,
  type SentWebhook,
} from '../../local/vendors/webhooks.ts';

let runtime: Runtime;
let api: Awaited<ReturnType<typeof startApi>>;

beforeEach(async () => {
  runtime = await startRuntime({ delayScale: 0.0005 });
  api = await startApi(runtime, 0);
});
afterEach(async () => {
  await api.close();
  await runtime.close();
});

const send = async (vendor: string, webhook: SentWebhook) =>
  (await fetch(`${api.url}/webhooks/${vendor}`, webhook)).json();
const eventsOf = (type: string) => runtime.busEvents.filter((event) => event['detail-type'] === type);
const until = (check: () => void | Promise<void>) => vi.waitFor(check, { timeout: 30_000, interval: 10 });

function userOf({ email }: { email: string }) {
  const user = runtime.vendors.pipedrive?.state.users.find(
    (candidate) => candidate.email.toLowerCase() === email.toLowerCase(),
  );
  if (user === undefined) throw new Error('Pipedrive has no such user.');
  return user;
}

async function record(person: typeof ANN, status: AccountRow['status']): Promise<void> {
  await runtime.store.writeAccount(person.employeeId, {
    app: 'pipedrive',
    vendorUserId: String(userOf(person).id),
    email: person.email,
    status,
    role: null,
    verifiedAt: '2025-01-01T00:00:00.000Z',
    execution: 'before',
  });
}

const accountOf = async ({ employeeId }: { employeeId: string }) =>
  (await runtime.store.readAccounts(employeeId)).find(({ app }) => app === 'pipedrive');

async function findings(vendorUserId: number) {
  const client = new DynamoDBClient({});
  const { Items = [] } = await client.send(
    new QueryCommand({
      TableName: IDENTITY_TABLE,
      KeyConditionExpression: 'pk = :pk',
      ExpressionAttributeValues: marshall({ ':pk': `FINDING#webhook#pipedrive#${vendorUserId}` }),
    }),
  );
  client.destroy();
  return Items.map((item) => unmarshall(item));
}

describe('a user.* webhook from Pipedrive', () => {
  it('raises a finding for a leaver who was given the account back by hand', async () => {
    await record(ANN, 'deactivated');
    const { id } = userOf(ANN);
    expect(await send('pipedrive', pipedriveWebhook(pipedriveUserEvent('updated', id)))).toEqual({
      status: 'accepted',
    });
    await until(async () => expect((await accountOf(ANN))?.status).toBe('active'));
    const finding = {
      kind: 'leaver_reactivated',
      app: 'pipedrive',
      vendorUserId: String(id),
      employeeId: ANN.employeeId,
    };
    expect(await findings(id)).toMatchObject([finding]);
    expect(eventsOf('finding.raised')).toMatchObject([{ source: 'tenure', detail: finding }]);
    expect(JSON.stringify(await findings(id))).not.toContain(ANN.email);
  });

  it('raises none for somebody who is being hired again', async () => {
    await record(TOMAS, 'deactivated');
    const run = {
      workflow: 'onboarding',
      execution: 'again',
      startedAt: '2026-01-05T12:00:00.000Z',
    } as const;
    await runtime.store.writeRun(TOMAS.employeeId, run);
    const { id } = userOf(TOMAS);
    await send('pipedrive', pipedriveWebhook(pipedriveUserEvent('updated', id)));
    await until(async () => expect((await accountOf(TOMAS))?.status).toBe('active'));
    expect(await findings(id)).toEqual([]);
  });

  it('that is late changes nothing: what counts is what Pipedrive shows now', async () => {
    await record(ANN, 'active');
    const user = userOf(ANN);
    user.active_flag = false;
    user.email = 'ann.other@northlight.example';
    await send('pipedrive', pipedriveWebhook(pipedriveUserEvent('updated', user.id, 2_000)));
    await until(async () =>
      expect(await accountOf(ANN)).toMatchObject({
        status: 'deactivated',
        email: 'ann.other@northlight.example',
      }),
    );
    const before = await accountOf(ANN);
    await send('pipedrive', pipedriveWebhook(pipedriveUserEvent('added', user.id, 1_000)));
    await until(() => expect(calls(`/users/${user.id}`)).toBe(2));
    expect(await accountOf(ANN)).toEqual(before);
  });

  it('marks the account of a user who is gone as deactivated', async () => {
    await record(ANN, 'active');
    const { id } = userOf(ANN);
    const { pipedrive } = runtime.vendors;
    if (pipedrive !== undefined)
      pipedrive.state.users = pipedrive.state.users.filter((user) => user.id !== id);
    await send('pipedrive', pipedriveWebhook(pipedriveUserEvent('deleted', id)));
    await until(async () => expect((await accountOf(ANN))?.status).toBe('deactivated'));
  });
});

function calls(path: string): number {
  return Object.values(runtime.vendors)
    .flatMap(({ journal }) => journal)
    .filter((call) => call.path.endsWith(path)).length;
}

describe('a webhook from Drift', () => {
  it('about a new conversation leads to one event with the contact', async () => {
    await send('drift', driftWebhook(driftConversationEvent(42, 5008)));
    await until(() => expect(eventsOf('conversation.enriched')).toHaveLength(1));
    expect(eventsOf('conversation.enriched')).toMatchObject([
      {
        detail: {
          conversationId: 42,
          contact: { id: 5008, email: 'visitor.8@customer.example', attributes: { name: 'Visitor 8' } },
        },
      },
    ]);
  });

  it('about a contact that is gone leads to the event without one', async () => {
    await send('drift', driftWebhook(driftConversationEvent(43, 999)));
    await until(() =>
      expect(eventsOf('conversation.enriched')).toMatchObject([
        { detail: { conversationId: 43, contact: null } },
      ]),
    );
  });

  it('about a new conversation that comes after the one that closed it leads to nothing', async () => {
    const statusUpdated = (conversationId: number, status: string) =>
      driftWebhook({ type: 'conversation_status_updated', data: { conversationId, status } });
    await send('drift', statusUpdated(44, 'closed'));
    await send('drift', statusUpdated(45, 'open'));
    await until(async () => {
      const { webhookStoreFromEnvironment } = await import('../../functions/tables/webhook-store.ts');
      expect(await webhookStoreFromEnvironment().isClosed(44)).toBe(true);
    });
    await send('drift', driftWebhook(driftConversationEvent(44, 5008)));
    await send('drift', driftWebhook(driftConversationEvent(45, 5009)));
    await until(() => expect(eventsOf('conversation.enriched')).toHaveLength(1));
    expect(eventsOf('conversation.enriched')).toMatchObject([{ detail: { conversationId: 45 } }]);
    expect(calls('/contacts/5008')).toBe(0);
  });
});
