import type { Change } from '../shared/outcome.ts';
import type { PlannedWrite } from '../shared/planning.ts';

/** What one step would change, in sentences. */
export function sentencesOf(
  account: string | null,
  { changes, writes }: { changes: readonly Change[]; writes: readonly PlannedWrite[] },
): string[] {
  const handOvers = changes.filter(({ initial }) => initial !== undefined);
  if (handOvers.length > 0)
    return handOvers.map(
      ({ what, initial, newOwner }) =>
        `give ${initial} ${what.replace(/ reassigned$/, '')} to user ${newOwner}`,
    );
  return [...new Set(writes.map((write) => sentenceOf(account, write)))];
}

function sentenceOf(account: string | null, { operation, path, body }: PlannedWrite): string {
  const verb = operation.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  const id = /\/(?<id>\d[\w-]*)(?:\/|$)/.exec(path)?.groups?.id ?? account;
  const fields = /^(create|invite|provision|update)/.test(operation) ? fieldsOf(body) : '';
  return `${[verb, id].filter(Boolean).join(' ')}${fields}`;
}

/** What a step does, in words: `assign role` for PipedriveAssignRole. */
export function wordsOf(step: string): string {
  const [, ...words] = step.split(/(?=[A-Z])/);
  return words.join(' ').toLowerCase();
}

/** The fields that a body names, without their values. */
function fieldsOf(body: unknown): string {
  const names = typeof body === 'object' && body !== null ? Object.keys(body) : [];
  const shown = names.filter((name) => name !== 'schemas' && name !== 'Operations');
  return shown.length === 0 ? '' : ` (${shown.join(', ')})`;
}
