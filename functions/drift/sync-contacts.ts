import { PartInput, syncPart } from '../contacts/sync-part.ts';
import { contactStoreFromEnvironment } from '../shared/contact-store.ts';
import { realSleep } from '../shared/ensure.ts';
import { fileStoreFromEnvironment } from '../shared/files.ts';
import { patientHttp, vendorHttp } from '../shared/http.ts';
import { workflowStep } from '../shared/step.ts';
import { driftRest } from './client.ts';
import { driftContacts } from './contacts.ts';

export const handler = workflowStep({
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
