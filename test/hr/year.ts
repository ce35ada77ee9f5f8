import { expect } from 'vitest';
import { logger } from '../../functions/shared/logger.ts';
import { policyFile, readPolicyFile } from '../../local/commands/policy-file.ts';
import {
  PLAYED_SOURCES,
  type PlayedSource,
  type PlayedYear,
  playYear,
} from '../../local/hr-systems/play-year.ts';

/** Plays the sample company's year through every source, and expects the same end from each. */
export async function expectSameEnd(
  people: number,
  spread?: number,
): Promise<Record<PlayedSource, PlayedYear>> {
  logger.setLogLevel('SILENT');
  const policy = readPolicyFile(policyFile(undefined));
  const played: Partial<Record<PlayedSource, PlayedYear>> = {};
  for (const source of PLAYED_SOURCES) played[source] = await playYear({ source, people, policy, spread });
  const { roster, bamboohr, hibob } = played;
  if (roster === undefined || bamboohr === undefined || hibob === undefined) throw new Error('unreachable');
  const years = { roster, bamboohr, hibob };
  for (const { accounts, worksHere } of Object.values(years)) {
    const open = [...accounts].flatMap(([id, { isOpen }]) => (isOpen ? [id] : []));
    expect(open.sort()).toEqual(worksHere);
  }
  expect(ordered(bamboohr)).toEqual(ordered(roster));
  expect(ordered(hibob)).toEqual(ordered(roster));
  return years;
}

function ordered({ accounts }: PlayedYear) {
  return Object.fromEntries([...accounts].toSorted(([one], [other]) => one.localeCompare(other)));
}
