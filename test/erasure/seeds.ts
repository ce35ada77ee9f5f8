import { gzipSync } from 'node:zlib';
import { type DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import * as z from 'zod/mini';
import { acceptanceStore } from '../../functions/tables/acceptance-store.ts';
import { complianceStore } from '../../functions/tables/compliance-store.ts';
import { contactStore } from '../../functions/tables/contact-store.ts';
import { diagnosisStore } from '../../functions/tables/diagnosis-store.ts';
import {
  FINDING_KINDS,
  type Finding,
  findingStore,
  Reconciled,
} from '../../functions/tables/finding-store.ts';
import type { FollowUp } from '../../functions/tables/follow-up-store.ts';
import { gateStore } from '../../functions/tables/gate-store.ts';
import { graphStore } from '../../functions/tables/graph-store.ts';
import { holdStore } from '../../functions/tables/hold-store.ts';
import { webhookFindingStore } from '../../functions/tables/webhook-finding-store.ts';
import { workerStore } from '../../functions/tables/worker-store.ts';
import { IDENTITY_TABLE } from '../../local/aws/tables.ts';
import type { Person } from '../../local/vendors/company.ts';

const AT = '2025-03-01T08:00:00.000Z';
const LATER = '2099-01-01T00:00:00.000Z';
const NONE = z.parse(Reconciled.shape.counts, Object.fromEntries(FINDING_KINDS.map((kind) => [kind, 0])));
const HELD = { kind: 'protected', app: null, detail: 'One of them is protected.' } as const;

/**
 * Writes one row of each form that no event leads to in a few seconds: about a person, and about somebody else in
 * words that name the person, wherever a form has room for words.
 */
export async function seedRows(client: DynamoDBClient, person: Person, other: Person): Promise<void> {
  const named = `Ask ${person.firstName} ${person.lastName} (${person.email}).`;
  const put = (item: object) =>
    client.send(new PutItemCommand({ TableName: IDENTITY_TABLE, Item: marshall(item) }));
  await gateStore(IDENTITY_TABLE).writePeople({ people: 2, at: 1 });
  await gateStore(IDENTITY_TABLE).claimTelling('offboarding', 'run-1', 1, 0);
  await workerStore(IDENTITY_TABLE).writeState('bamboohr', { since: AT });
  await findingStore(IDENTITY_TABLE).conclude({
    app: 'drift',
    run: 'r-1',
    startedAt: AT,
    counts: NONE,
  });
  await diagnosisStore(IDENTITY_TABLE).write({
    ...{ app: 'drift', status: 'ok', summary: named, dialect: 'guide', answers: 'guide', checkedAt: AT },
    checks: [{ name: 'owner', surface: 'rest', status: 'ok', finding: named, advice: null }],
  });
  for (const { employeeId, email } of [person, other]) {
    const finding: Finding = {
      ...({ kind: 'orphan_account', app: 'drift', vendorUserId: `v-${employeeId}` } as const),
      ...{ employeeId, detail: named },
    };
    const run = `offboarding-${employeeId}-1`;
    await findingStore(IDENTITY_TABLE).write('r-1', [finding]);
    await acceptanceStore(IDENTITY_TABLE).write(finding, {
      by: person.email,
      at: AT,
      reason: named,
      until: LATER,
    });
    await webhookFindingStore(IDENTITY_TABLE).writeFinding({
      ...{ kind: 'leaver_reactivated', app: 'pipedrive', vendorUserId: `v-${employeeId}` },
      ...{ employeeId, deactivatedAt: AT, seenAt: AT, source: 'event-1' },
    });
    await complianceStore(IDENTITY_TABLE).write([
      {
        ...{
          personnelId: `p-${employeeId}`,
          employeeId,
          email,
          isActive: true,
          complianceStatus: 'COMPLIANT',
        },
        ...{ trainingStatus: { note: named }, since: AT, seenAt: AT },
      },
    ]);
    await contactStore(IDENTITY_TABLE).claim(employeeId.length, email);
    await contactStore(IDENTITY_TABLE).write(
      email,
      {
        contactId: 1,
        run: 'c-1',
        result: { row: 1, crmId: email, outcome: 'created', contactId: 1, note: named },
      },
      null,
    );
    await graphStore(IDENTITY_TABLE).write([
      {
        ...{ app: 'drift', employeeId, vendorUserId: `v-${employeeId}`, roles: [named], permissions: [] },
        groups: [{ id: 'g-1', name: named }],
        managers: [{ vendorUserId: 'v-9', employeeId: person.employeeId }],
        ...{ controls: [{ id: 'c-1', name: named }], verifiedAt: AT },
      },
    ]);
    await holdStore(IDENTITY_TABLE).replace(null, {
      ...{
        workflow: 'offboarding',
        execution: run,
        employeeId,
        status: 'released',
        reasons: [HELD],
        since: AT,
      },
      ...{ until: LATER, askedBy: person.email, token: 'token', approved: [], isTold: true },
      decisions: [{ decision: 'released', by: person.email, at: AT, reason: named, reasons: [HELD] }],
    });
    const followUp: FollowUp = {
      ...{ id: `2025-03-01#${employeeId}`, text: named, app: 'drift', employeeId, run, urgency: 'high' },
      ...{ asks: null, status: 'done', done: { by: person.email, at: AT, note: named } },
    };
    await put({ pk: 'RUN#FOLLOWUP#2025-03', sk: followUp.id, ...followUp });
    await put({
      pk: `EMPLOYEE#${employeeId}`,
      sk: `PLAN#${run}`,
      plan: gzipSync(JSON.stringify({ newOwner: named })),
    });
    const known = { employeeId, facts: { email, managerEmail: person.email } };
    await workerStore(IDENTITY_TABLE).write('bamboohr', {
      sourceId: employeeId,
      version: 1,
      row: { known, outbox: [] },
    });
    await workerStore(IDENTITY_TABLE).noteDue('bamboohr', employeeId, AT);
  }
}
