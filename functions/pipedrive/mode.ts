import * as z from 'zod/mini';
import { InvalidInputError } from '../shared/errors.ts';
import { didYouMean } from '../shared/nearest.ts';

/** The surface that writes Pipedrive's accounts. Reading accounts and handing over records always go over REST. */
export const PipedriveMode = z.enum(['rest', 'scim']);
export type PipedriveMode = z.infer<typeof PipedriveMode>;

/** The mode in `PIPEDRIVE_MODE`; REST unless it is set. @throws InvalidInputError */
export function modeFromEnvironment(environment: NodeJS.ProcessEnv = process.env): PipedriveMode {
  const text = environment.PIPEDRIVE_MODE || 'rest';
  const mode = z.safeParse(PipedriveMode, text);
  if (mode.success) return mode.data;
  const near = didYouMean(text, PipedriveMode.options);
  throw new InvalidInputError(`PIPEDRIVE_MODE must be rest or scim${near || '.'}`);
}
