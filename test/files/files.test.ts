import { mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { fileStore } from '../../functions/files/files.ts';
import { InvalidInputError } from '../../functions/shared/errors.ts';

const start = () => {
  const directory = mkdtempSync(join(tmpdir(), 'tenure-files-'));
  return { directory, store: fileStore(pathToFileURL(directory).href) };
};

test('what is written can be read, and written again', async () => {
  const { store } = start();
  await store.write('reports/one.csv', ['a,b\n', '1,2\n']);
  expect(await text(await store.read('reports/one.csv'))).toBe('a,b\n1,2\n');

  await store.write('reports/one.csv', ['a,b\n']);
  expect(await text(await store.read('reports/one.csv'))).toBe('a,b\n');
});

test('a file whose content breaks off is not there', async () => {
  const { store, directory } = start();
  const content = async function* () {
    yield 'a,b\n';
    throw new Error('broken off');
  };
  await expect(store.write('one.csv', content())).rejects.toThrow('broken off');

  await expect(store.read('one.csv')).rejects.toThrow(InvalidInputError);
  expect(readdirSync(directory)).not.toContain('one.csv');
});

test.each(['../one.csv', '/etc/passwd', 'a/../../b', '', '.hidden', 'a//b'])(
  'the name %j leads nowhere',
  async (name) => {
    const { store } = start();
    await expect(store.read(name)).rejects.toThrow('cannot be the name of a file');
    await expect(store.write(name, ['x'])).rejects.toThrow('cannot be the name of a file');
  },
);

test.each(['', 'reports', 'https://example.com/x'])('the location %j is refused', (location) => {
  expect(() => fileStore(location)).toThrow('FILES_LOCATION must be');
});
