import { PartInput, syncPart } from '../contacts/sync-part.ts';
import { contactStoreFromEnvironment } from '../shared/contact-store.ts';
import { fileStoreFromEnvironment } from '../shared/files.ts';
import { workflowStep } from '../shared/step.ts';
import { drift } from './client.ts';

export const handler = workflowStep({
  name: 'DriftSyncContacts',
  client: () => ({
    client: drift(),
    store: contactStoreFromEnvironment(),
    files: fileStoreFromEnvironment(),
  }),
  input: PartInput,
  run: syncPart,
});
