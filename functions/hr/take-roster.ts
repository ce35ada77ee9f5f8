import { text } from 'node:stream/consumers';
import * as z from 'zod/mini';
import type { FileReader } from '../files/file-store.ts';
import { fileStoreFromEnvironment } from '../files/files.ts';
import { InvalidInputError } from '../shared/errors.ts';
import { logger } from '../shared/logger.ts';
import { step } from '../shared/step.ts';
import { visible } from '../shared/visible.ts';
import { engineFromEnvironment } from './engine-from-environment.ts';
import type { AcceptsFile } from './roster-file.ts';
import { takeRosterFile } from './take-roster-file.ts';

/** A file that S3 tells of: https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html */
const ObjectCreated = z.object({
  time: z.optional(z.iso.datetime({ offset: true })),
  detail: z.object({
    object: z.object({
      key: z.string().check(z.regex(/^hr\/roster\/./, { error: 'must begin with hr/roster/' })),
    }),
  }),
});

const LONGEST_WORD = 500;

/** Whoever may put files into the bucket accepts a roster with `hr/accepted/<SHA-256>`, which says who and why. */
const acceptedIn =
  (files: FileReader): AcceptsFile =>
  async (digest) => {
    const name = `hr/accepted/${digest}`;
    try {
      const word = (await text(await files.read(name))).trim();
      return word === '' ? null : visible(word.slice(0, LONGEST_WORD));
    } catch (error) {
      if (error instanceof InvalidInputError) return null;
      throw error;
    }
  };

/** Takes a roster that was put into the bucket. What cannot be used is a dead letter, with the reason. */
export const handler = step({
  name: 'HrTakeRoster',
  client: () => ({ ...engineFromEnvironment('roster'), files: fileStoreFromEnvironment() }),
  input: ObjectCreated,
  run: async (sources, { time, detail }) => {
    const format = sources.policy.roster;
    const { events, findings, ...taken } = await takeRosterFile(sources, detail.object.key, {
      format,
      acceptedBy: acceptedIn(sources.files),
      ...(time === undefined ? {} : { writtenAt: time }),
    });
    const result = { ...taken, events: events.length, findings: findings.length };
    logger.info('roster taken', result);
    return { status: taken.mode, ...result };
  },
});
