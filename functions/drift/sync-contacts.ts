import { PartInput, syncPart } from '../contacts/sync-part.ts';
import { fileStoreFromEnvironment } from '../files/files.ts';
import { realSleep } from '../shared/sleep.ts';
import { step } from '../shared/step.ts';
import { contactStoreFromEnvironment } from '../tables/contact-store.ts';
import { vendorHttp } from '../vendor/http.ts';
import { driftContacts } from './contacts.ts';
import { driftRest } from './rest.ts';

export const handler = step({
  name: 'DriftSyncContacts',
  client: () => ({
    client: driftContacts(vendorHttp(driftRest), { sleep: realSleep, now: Date.now }),
    store: contactStoreFromEnvironment(),
    files: fileStoreFromEnvironment(),
  }),
  input: PartInput,
  run: syncPart,
});
