import { PartInput, syncPart } from '../contacts/sync-part.ts';
import { fileStoreFromEnvironment } from '../files/files.ts';
import { realSleep } from '../shared/sleep.ts';
import { step } from '../shared/step.ts';
import { contactStoreFromEnvironment } from '../tables/contact-store.ts';
import { patientHttp, vendorHttp } from '../vendor/http.ts';
import { driftContacts } from './contacts.ts';
import { driftRest } from './rest.ts';

export const handler = step({
  name: 'DriftSyncContacts',
  client: () => ({
    // A part that ended at each of Drift's 200 calls a minute would fill the execution's history with its retries.
    client: driftContacts(patientHttp(vendorHttp(driftRest), realSleep), { sleep: realSleep, now: Date.now }),
    store: contactStoreFromEnvironment(),
    files: fileStoreFromEnvironment(),
  }),
  input: PartInput,
  run: syncPart,
});
