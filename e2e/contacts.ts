import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import * as z from 'zod/mini';
import { ContactResult } from '../functions/tables/contact-result.ts';
import type { Scene } from './scene.ts';

const SAMPLE = new URL('../events/contacts/sample.csv', import.meta.url);

/** A CRM's contacts, from a file in the bucket to Drift. */
export async function checkContacts({ company, deployed, checks }: Scene): Promise<void> {
  console.log('\nContacts');
  const sync = async () => {
    const name = await deployed.startByHand('contactSync', { file: 'contacts/sample.csv' });
    const run = await deployed.runByName('contactSync', name);
    assert.equal(run.status, 'SUCCEEDED', run.cause);
    const text = await deployed.readFile(`contact-sync/${name}.json`);
    const counts: Record<string, number> = {};
    for (const { outcome } of z.parse(z.array(ContactResult), JSON.parse(text)))
      counts[outcome] = (counts[outcome] ?? 0) + 1;
    return counts;
  };

  await checks.check('of a file are brought to Drift, each row with its result', async () => {
    await deployed.writeFile('contacts/sample.csv', readFileSync(SAMPLE, 'utf8'));
    const before = company.vendors.drift.state.contacts.length;
    assert.deepEqual(await sync(), { created: 2, updated: 2, unchanged: 1, failed: 5 });
    assert.equal(company.vendors.drift.state.contacts.length, before + 2);
  });

  await checks.check('are found unchanged the second time, and none is created', async () => {
    company.forget();
    assert.deepEqual(await sync(), { unchanged: 5, failed: 5 });
    assert.deepEqual(
      company.writes().filter((line) => line.includes('POST')),
      [],
    );
  });
}
