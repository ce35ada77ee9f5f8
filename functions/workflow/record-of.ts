import type { HiredDetail } from '../shared/events.ts';
import type { HrSource } from '../shared/hr-sources.ts';

// Those that can be asked.
const ASKED: readonly HrSource[] = ['bamboohr', 'hibob'];

/**
 * The record that an event was made from, and whether the run reads it again: one that waits may have been overtaken by
 * what nobody told.
 *
 * @param moment of the run, as an ISO instant.
 */
export function recordOf(
  { record }: Pick<HiredDetail, 'record'>,
  moment: string,
): { record: HiredDetail['record'] | null; readsAgain: boolean } {
  const isAsked = record !== undefined && ASKED.includes(record.source);
  return { record: record ?? null, readsAgain: isAsked && Date.parse(moment) > Date.now() };
}
