import assert from 'node:assert/strict';
import { basicCredentials } from '../functions/webhooks/credential.ts';
import { ANN, ZOE } from '../local/vendors/company.ts';
import {
  PIPEDRIVE_PASSWORD,
  PIPEDRIVE_USER,
  pipedriveUserEvent,
  WEBHOOK_SECRETS,
} from '../local/vendors/webhooks.ts';
import type { Scene } from './scene.ts';
import { until } from './until.ts';

/** What a vendor tells without being asked: taken by the API, and processed from the bus. */
export async function checkWebhooks({ api, company, deployed, checks, signal }: Scene): Promise<void> {
  console.log('\nWebhooks');
  const userOf = (email: string) => {
    const user = company.vendors.pipedrive.state.users.find((candidate) => candidate.email === email);
    assert.ok(user !== undefined);
    return user;
  };
  const send = (body: object, password = PIPEDRIVE_PASSWORD) =>
    api.sendUnsigned({
      method: 'POST',
      path: '/webhooks/pipedrive',
      body,
      headers: { authorization: `Basic ${basicCredentials(PIPEDRIVE_USER, password)}` },
    });
  const statusOf = async (employeeId: string) =>
    (await deployed.store.readAccounts(employeeId)).find(({ app }) => app === 'pipedrive')?.status;

  await checks.check(
    'are refused from whoever does not know the password, and nothing is asked',
    async () => {
      for (const [name, value] of WEBHOOK_SECRETS) await deployed.storeSecret(name, value);
      company.forget();
      const event = pipedriveUserEvent('updated', userOf(ZOE.email).id);
      assert.equal((await send(event, 'guessed-and-long-enough')).status, 401);
      assert.deepEqual(company.requests(), []);
    },
  );

  await checks.check(
    'of a leaver who was let in again by hand: it is known, and a finding is there',
    async () => {
      const user = userOf(ANN.email);
      assert.equal(await statusOf(ANN.employeeId), 'deactivated');
      user.active_flag = true;
      const event = pipedriveUserEvent('updated', user.id);
      assert.equal((await send(event)).status, 202);
      await until(async () => ((await statusOf(ANN.employeeId)) === 'active' ? true : undefined), {
        what: 'the identity table to know that the account is active',
        timeoutMs: 15_000,
        signal,
      });
      assert.ok((await deployed.records()).includes(`FINDING#webhook#pipedrive#${user.id}`));
      // Told twice.
      assert.ok((await send(event)).status < 300);
      assert.deepEqual(company.writes(), []);
    },
  );
}
