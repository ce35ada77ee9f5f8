import * as z from 'zod/mini';
import type { Limit } from '../../rate-limit/slots.ts';
import { InvalidInputError } from '../../shared/errors.ts';

/** The company's plan. It decides how many tokens a day has, and how many requests two seconds. */
export const PipedrivePlan = z.enum(['lite', 'growth', 'premium', 'ultimate']);
export type PipedrivePlan = z.infer<typeof PipedrivePlan>;

/** How many users the company pays for. */
export const PipedriveSeats = z.int().check(z.minimum(1), z.maximum(100_000));

// https://pipedrive.readme.io/docs/core-api-concepts-rate-limiting
const BASE_TOKENS = 30_000;
const MULTIPLIER: Record<PipedrivePlan, number> = { lite: 1, growth: 2, premium: 5, ultimate: 7 };
// For an API token; an OAuth app may send four times as many.
const REQUESTS: Record<PipedrivePlan, number> = { lite: 20, growth: 40, premium: 100, ultimate: 120 };
const WINDOW_MS = 2_000;

/**
 * The limit by `PIPEDRIVE_PLAN` and `PIPEDRIVE_SEATS`. Without a plan it is the smallest plan's; without seats no budget
 * is known, and the answers tell when it is used up.
 *
 * @throws InvalidInputError
 */
export function liveLimit(environment: NodeJS.ProcessEnv = process.env): Limit {
  const plan = z.safeParse(PipedrivePlan, environment.PIPEDRIVE_PLAN || 'lite');
  if (!plan.success) throw new InvalidInputError('PIPEDRIVE_PLAN must be lite, growth, premium or ultimate.');
  const burst = { capacity: REQUESTS[plan.data], windowMs: WINDOW_MS };
  if (!environment.PIPEDRIVE_SEATS) return burst;
  const seats = z.safeParse(PipedriveSeats, Number(environment.PIPEDRIVE_SEATS));
  if (!seats.success)
    throw new InvalidInputError('PIPEDRIVE_SEATS must be the number of seats that the company pays for.');
  return { ...burst, perDay: BASE_TOKENS * MULTIPLIER[plan.data] * seats.data };
}
