import type * as z from 'zod/mini';
import { Policy } from '../../functions/hr/policy.ts';
import { Worker } from '../../functions/hr/worker.ts';

/** What a company writes for HR, and what its scripts send: the JSON Schema files in docs/, by name. */
export const HR_SCHEMAS: Record<string, z.ZodMiniType> = { policy: Policy, worker: Worker };
