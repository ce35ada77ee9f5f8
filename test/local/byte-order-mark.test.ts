import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readEventFiles } from '../../local/commands/event-files.ts';
import { keepSecret, readSecretsFile } from '../../local/runtime/secrets-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'tenure-mark-'));

const MARK = '\uFEFF';
const put = (name: string, value: unknown) => {
  const file = join(folder, name);
  writeFileSync(file, `${MARK}${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 });
  return file;
};

it('is no part of an event on several lines', () => {
  const sample = new URL('../../events/1-zoe-is-hired.json', import.meta.url);
  const event = JSON.parse(readFileSync(sample, 'utf8'));
  expect(readEventFiles([put('event.json', event), put('events.json', [event])])).toMatchObject({
    events: [{ id: event.id }, { id: event.id }],
    problems: [],
  });
});

it('is no part of the secrets', () => {
  const file = put('secrets.json', { 'tenure/drata/rest': { token: 'hush' } });
  expect(readSecretsFile(file)).toEqual({
    secrets: new Map([['tenure/drata/rest', '{"token":"hush"}']]),
    problems: [],
  });
  keepSecret(file, 'tenure/drift/rest', '{"token":"hush, too"}');
  expect([...readSecretsFile(file).secrets.keys()]).toEqual(['tenure/drata/rest', 'tenure/drift/rest']);
});
