import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { APPS } from '../../functions/shared/apps.ts';
import { readEventFiles } from '../../local/commands/event-files.ts';
import { EVENT_SCHEMAS, schemaText } from '../../local/generate/event-schemas.ts';

const folder = new URL('../../events/', import.meta.url);

describe('the sample events', () => {
  it('are two hires and two leavers in every app without a problem', () => {
    const files = readdirSync(folder).filter((name) => name.endsWith('.json'));
    const { events, problems } = readEventFiles(files.map((name) => new URL(name, folder).pathname));
    expect(problems).toEqual([]);
    expect(events.map((event) => event['detail-type']).sort()).toEqual([
      'employee.hired',
      'employee.hired',
      'employee.terminated',
      'employee.terminated',
    ]);
    for (const { detail } of events)
      expect('apps' in detail && detail.apps.map(({ app }) => app)).toEqual(APPS);
  });
});

describe('the published JSON Schema', () => {
  it.each(Object.entries(EVENT_SCHEMAS))(
    'of %s is what the code checks (npm run schemas)',
    (name, schema) => {
      expect(readFileSync(new URL(`schema/${name}.schema.json`, folder), 'utf8')).toBe(
        schemaText(name, schema),
      );
    },
  );
});
