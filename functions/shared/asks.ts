import * as z from 'zod/mini';

/**
 * What makes a follow-up settled without a person: another run of its event (`event`), or the role that HR wants
 * (`role`).
 */
export const FollowUpAsks = z.enum(['event', 'role']);

/** What follow-ups ask for, by their texts. One that is not here is for a person to tick off. */
export const Asks = z.record(z.string(), FollowUpAsks);
export type Asks = z.infer<typeof Asks>;

/** Follow-ups that all ask for one thing. */
export function asking(
  what: z.infer<typeof FollowUpAsks>,
  followUps: readonly string[],
): { followUps: string[]; asks: Asks } {
  return { followUps: [...followUps], asks: Object.fromEntries(followUps.map((text) => [text, what])) };
}
