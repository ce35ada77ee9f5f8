import { readFileSync } from 'node:fs';
import * as z from 'zod/mini';

const CdkJson = z.object({ context: z.record(z.string(), z.unknown()) });

/** The context as cdk.json has it. */
export const CONTEXT = CdkJson.parse(
  JSON.parse(readFileSync(new URL('../../cdk.json', import.meta.url), 'utf8')),
).context;
