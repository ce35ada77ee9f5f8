import { PartInput, syncPart } from '../contacts/sync-part.ts';
import { fileStoreFromEnvironment } from '../files/files.ts';
import { realSleep } from '../shared/sleep.ts';
import { step } from '../shared/step.ts';
import { contactStoreFromEnvironment } from '../tables/contact-store.ts';
import { dialectOf } from '../vendor/dialect.ts';
import { vendorHttp } from '../vendor/http.ts';
import { driftRestSurface } from './app.ts';
import { driftContacts } from './contacts.ts';
import { driftRest } from './rest.ts';

export const handler = step({
  name: 'DriftSyncContacts',
  client: () => {
    const dialect = dialectOf(driftRestSurface);
    return {
      client: driftContacts(vendorHttp(driftRest(dialect)), { sleep: realSleep, now: Date.now, dialect }),
      store: contactStoreFromEnvironment(),
      files: fileStoreFromEnvironment(),
    };
  },
  input: PartInput,
  run: syncPart,
});
