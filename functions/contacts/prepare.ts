import * as z from 'zod/mini';
import { fileStoreFromEnvironment } from '../shared/files.ts';
import { workflowStep } from '../shared/step.ts';
import { openSource } from './source.ts';

/** What a contact sync is asked for. */
const ContactSyncInput = z.strictObject({
  /** The file's name, below the folder in which the CRM leaves its files. */
  file: z.string().check(z.regex(/^contacts\/./, { error: 'must begin with contacts/' })),
});

/** The execution's name, after which its files are named; Step Functions allows more. */
const Run = z
  .string()
  .check(z.regex(/^[\w-][\w.-]*$/, { error: "must be made of letters, digits, '.', '-' and '_'" }));

export const PrepareInput = z.object({ input: ContactSyncInput, run: Run, startedAt: z.string() });

/** Checks the input and looks at the file's beginning. Drift has not been called when they are not usable. */
export const handler = workflowStep({
  name: 'ContactsPrepare',
  client: fileStoreFromEnvironment,
  input: PrepareInput,
  run: async (files, { input, run, startedAt }) => ({
    run,
    startedAt,
    ...(await openSource(files, input.file)),
  }),
});
