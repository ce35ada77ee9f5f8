import { expect, it } from 'vitest';
import * as z from 'zod/mini';
import { describeIssues } from '../../functions/shared/issues.ts';

const Schema = z.object({ app: z.enum(['pipedrive', 'drata']), day: z.iso.date(), at: z.iso.datetime() });

it('says what is expected, and which allowed word is near', () => {
  const { error } = Schema.safeParse({ app: 'pipdrive', day: '1.12.2026', at: 'noon' });
  expect(describeIssues(error ?? { issues: [] })).toEqual([
    'app: must be pipedrive or drata; did you mean pipedrive?',
    'day: must be a day such as 2026-12-01',
    'at: must be a moment such as 2026-12-01T09:00:00Z',
  ]);
});

it('names no word where none is near', () => {
  const { error } = z.safeParse(Schema, { app: 'slack', day: '2026-12-01', at: '2026-12-01T09:00:00Z' });
  expect(describeIssues(error ?? { issues: [] })).toEqual(['app: must be pipedrive or drata']);
});

it('says of a field that is null what it says of one that is not there, unless it may be null', () => {
  const Person = z.object({
    name: z.string(),
    app: z.enum(['pipedrive', 'drata']),
    day: z.nullable(z.iso.date()),
  });
  const { error } = z.safeParse(Person, { name: null, app: null, day: null });
  expect(describeIssues(error ?? { issues: [] })).toEqual([
    'name is missing',
    'app is missing; expected pipedrive or drata',
  ]);
});
