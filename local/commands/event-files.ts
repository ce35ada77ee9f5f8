import { readFileSync } from 'node:fs';
import { InvalidInputError } from '../../functions/shared/errors.ts';
import { type HrEvent, momentOf } from '../../functions/shared/events.ts';
import { describeIssues } from '../../functions/shared/issues.ts';
import { parseJson } from '../../functions/shared/json.ts';
import { LONGEST_WAIT_DAYS } from '../aws/longest-wait.ts';
import { whyUnreadable } from '../runtime/absent.ts';
import { jsonFault } from '../runtime/json-fault.ts';
import { readEvent } from '../runtime/read-event.ts';

/** What an event is called where its file may have no id. */
export function eventLabel({ 'detail-type': type, detail }: HrEvent): string {
  return `${type} of ${detail.employee.employeeId}`;
}

/** The events of all files in order, and one line for each problem in them. */
export type EventFiles = { events: HrEvent[]; problems: string[] };

/**
 * Reads files of HR events: a JSON object, an array of them, or one object per line. It throws nothing; what cannot
 * be read becomes a problem.
 */
export function readEventFiles(paths: readonly string[]): EventFiles {
  const read = paths.map(readEventFile);
  return { events: read.flatMap(({ events }) => events), problems: read.flatMap(({ problems }) => problems) };
}

function readEventFile(path: string): EventFiles {
  const text = readText(path);
  if (text === null) return { events: [], problems: [whyUnreadable(path)] };
  const candidates = text.trim() === '' ? [] : parseCandidates(text);
  if (candidates === null)
    return {
      events: [],
      problems: [
        `${path}: is not JSON: ${jsonFault(text)}; expected an event, an array of events, or one event per line`,
      ],
    };
  if (candidates.length === 0) return { events: [], problems: [`${path}: holds no event`] };
  const events: HrEvent[] = [];
  const problems: string[] = [];
  for (const candidate of candidates) {
    const read = readCandidate(candidate);
    if ('event' in read) events.push(read.event);
    else
      problems.push(
        ...read.problems.map((problem) => [path, candidate.where, problem].filter(Boolean).join(': ')),
      );
  }
  return { events, problems };
}

/** A value that may be an event; undefined, with the fault, where it is not JSON. */
type Candidate = { where: string; value: unknown; fault?: string | null };

function readCandidate({ value, fault }: Candidate): { event: HrEvent } | { problems: string[] } {
  if (value === undefined) return { problems: [`is not JSON: ${fault}`] };
  const read = readEvent(value);
  return 'event' in read ? read : { problems: describeIssues(read) };
}

/** The values that may be events; null when the text is not JSON, neither as a whole nor in its first line. */
function parseCandidates(text: string): Candidate[] | null {
  const whole = parseJson(text);
  if (Array.isArray(whole)) return whole.map((value, index) => ({ where: `event ${index + 1}`, value }));
  if (whole !== undefined) return [{ where: '', value: whole }];
  const lines = text
    .split(/\r?\n/)
    .map((line, index) => ({ number: index + 1, line }))
    .filter(({ line }) => line.trim() !== '')
    .map(({ number, line }) => candidateOfLine(number, line));
  return lines[0]?.value === undefined ? null : lines;
}

function candidateOfLine(number: number, line: string): Candidate {
  const fault = jsonFault(line)?.replace(/^line 1, /, '') ?? null;
  return { where: `line ${number}`, value: parseJson(line), fault };
}

function readText(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}

/**
 * One line for each event whose moment cannot be, or is further away than this machine can wait for.
 *
 * @param options.isFast whether `--fast` is given; `isReal`, whether any app is real, so that moments are kept all the
 *   same.
 */
export function findMomentProblems(
  events: readonly HrEvent[],
  now: Date,
  options: { isFast: boolean; isReal: boolean },
): string[] {
  return events.flatMap((event) => {
    const problem = momentProblem(event, now, options);
    return problem === null ? [] : [`${eventLabel(event)}: ${problem}`];
  });
}

function momentProblem(
  event: HrEvent,
  now: Date,
  { isFast, isReal }: { isFast: boolean; isReal: boolean },
): string | null {
  try {
    const moment = momentOf(event, now);
    const days = (moment.getTime() - now.getTime()) / 86_400_000;
    if ((isFast && !isReal) || days <= LONGEST_WAIT_DAYS) return null;
    const advice = isReal
      ? '. Play it when it is less far away; --fast does not shorten this wait, as an app is real'
      : ', or --fast, which does not wait';
    return `begins at ${moment.toISOString()}; expected at most ${LONGEST_WAIT_DAYS} days ahead here${advice}`;
  } catch (error) {
    if (error instanceof InvalidInputError) return error.message;
    throw error;
  }
}
