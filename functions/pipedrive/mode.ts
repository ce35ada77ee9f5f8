import * as z from 'zod/mini';
// Gives zod its messages.
import '../shared/issues.ts';
import { InvalidInputError } from '../shared/errors.ts';

/** The surface that writes Pipedrive's accounts. Reading accounts and handing over records always go over REST. */
export const PipedriveMode = z.enum(['rest', 'scim']);
export type PipedriveMode = z.infer<typeof PipedriveMode>;

/** The mode in `PIPEDRIVE_MODE`; REST unless it is set. @throws InvalidInputError */
export function modeFromEnvironment(environment: NodeJS.ProcessEnv = process.env): PipedriveMode {
  const mode = z.safeParse(PipedriveMode, environment.PIPEDRIVE_MODE || 'rest');
  if (mode.success) return mode.data;
  throw new InvalidInputError(`PIPEDRIVE_MODE ${mode.error.issues[0]?.message}`);
}
