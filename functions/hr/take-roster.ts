import * as z from 'zod/mini';
import { fileStoreFromEnvironment } from '../files/files.ts';
import { logger } from '../shared/logger.ts';
import { step } from '../shared/step.ts';
import { engineFromEnvironment } from './engine-from-environment.ts';
import { takeRosterFile } from './take-roster-file.ts';

/** A file that S3 tells of: https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html */
const ObjectCreated = z.object({
  detail: z.object({
    object: z.object({
      key: z.string().check(z.regex(/^hr\/roster\/./, { error: 'must begin with hr/roster/' })),
    }),
  }),
});

/** Takes a roster that was put into the bucket. What cannot be used is a dead letter, with the reason. */
export const handler = step({
  name: 'HrTakeRoster',
  client: () => ({ ...engineFromEnvironment('roster'), files: fileStoreFromEnvironment() }),
  input: ObjectCreated,
  run: async (sources, { detail }) => {
    const format = sources.policy.roster;
    const { events, findings, ...taken } = await takeRosterFile(sources, detail.object.key, { format });
    const result = { ...taken, events: events.length, findings: findings.length };
    logger.info('roster taken', result);
    return { status: taken.mode, ...result };
  },
});
