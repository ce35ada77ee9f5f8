import * as z from 'zod/mini';
import { fileStoreFromEnvironment } from '../files/files.ts';
import { openSource } from '../files/row-source.ts';
import { ExecutionName } from '../shared/execution-name.ts';
import { step } from '../shared/step.ts';

/** The input of a contact sync. */
const ContactSyncInput = z.strictObject({
  /** The file's name, below the folder in which the CRM leaves its files. */
  file: z.string().check(z.regex(/^contacts\/./, { error: 'must begin with contacts/' })),
});

/** Checks the input and the beginning of the file, before Drift is called. */
export const handler = step({
  name: 'ContactsPrepare',
  client: fileStoreFromEnvironment,
  input: z.object({ input: ContactSyncInput, run: ExecutionName, startedAt: z.string() }),
  run: async (files, { input, run, startedAt }) => ({
    run,
    startedAt,
    ...(await openSource(files, input.file, ['crmId', 'email'])),
  }),
});
