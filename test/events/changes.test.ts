import { readdirSync } from 'node:fs';
import { expect, it } from 'vitest';
import { readEventFiles } from '../../local/commands/event-files.ts';
import { EVENT_SCHEMAS } from '../../local/generate/event-schemas.ts';

const samples = new URL('../../events/', import.meta.url);
const changes = new URL('changes/', samples);

const eventsIn = (folder: URL) => {
  const files = readdirSync(folder).filter((name) => name.endsWith('.json'));
  return readEventFiles(files.sort().map((name) => new URL(name, folder).pathname));
};

it('every kind of event has a sample that is in order', () => {
  const played = eventsIn(samples);
  const later = eventsIn(changes);
  expect(later.problems).toEqual([]);
  const kinds = [...played.events, ...later.events].map((event) => event['detail-type']);
  expect([...new Set(kinds)].sort()).toEqual(Object.keys(EVENT_SCHEMAS).sort());
});

it('the samples of changes are about people of the first ones, and come after them', () => {
  const first = eventsIn(samples).events;
  const lastTime = Math.max(...first.map(({ time }) => Date.parse(time)));
  const people = first.map(({ detail }) => detail.employee.employeeId);
  for (const { time, detail } of eventsIn(changes).events) {
    expect(people).toContain(detail.employee.employeeId);
    expect(Date.parse(time)).toBeGreaterThan(lastTime);
  }
});
