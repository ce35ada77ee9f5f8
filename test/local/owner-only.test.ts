import {
  chmodSync,
  globSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { APPS } from '../../functions/shared/apps.ts';
import { runCommand, spawnCommand } from './command-line.ts';

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tenure-modes-'));
});

/** What others than the owner may read, write or enter. */
function openToOthers(path: string): string[] {
  const all = [path, ...globSync('**', { cwd: path }).map((name) => join(path, name))];
  // The database's own files lie in a folder that others cannot enter.
  const inTables = (name: string) => /\/tables\/./.test(name);
  return all.filter((name) => !inTables(name) && (lstatSync(name).mode & 0o077) !== 0);
}

it('what a command keeps and writes only its owner can read', { tags: 'slow' }, async () => {
  const [state, files] = [join(folder, 'state'), join(folder, 'files')];
  const words = ['reconcile', '--state', state, '--files', files];
  expect(await runCommand(words)).toMatchObject({ code: 0 });
  expect(globSync('reconciliation/*.csv', { cwd: files }).length).toBeGreaterThan(0);
  expect(globSync('*.json', { cwd: state })).toEqual(
    expect.arrayContaining(APPS.map((app) => `${app}.json`)),
  );
  expect([...openToOthers(state), ...openToOthers(files)]).toEqual([]);
});

it.each([
  ['--state', 0o777],
  ['--state', 0o720],
  ['--files', 0o702],
])(
  '%s is refused where others may write into it (%o): a link of theirs would be followed',
  async (option, mode) => {
    const place = join(folder, `open-${mode}`);
    mkdirSync(place);
    chmodSync(place, mode);
    const victim = join(folder, `victim-${mode}`);
    writeFileSync(victim, 'kept');
    symlinkSync(victim, join(place, 'process-id'));
    const { code, stderr } = await runCommand(['reconcile', option, place]);
    expect([code, stderr]).toEqual([2, expect.stringContaining(`chmod go-w ${place}`)]);
    expect([readFileSync(victim, 'utf8'), readdirSync(place)]).toEqual(['kept', ['process-id']]);
  },
);

it('a copy of a file that everybody can read too', async () => {
  const file = join(folder, 'contacts.csv');
  writeFileSync(file, 'crmId,email\nC-1,one@example.com\n', { mode: 0o644 });
  const files = join(folder, 'synced');
  await runCommand(['contact-sync', file, '--files', files]);
  expect(globSync('contacts/*', { cwd: files })).toHaveLength(1);
  expect(openToOthers(files)).toEqual([]);
});

it('the process gives nobody else more than that', { tags: 'slow' }, async () => {
  const state = join(folder, 'spawned');
  const file = new URL('../../events/4-tomas-leaves-at-once.json', import.meta.url).pathname;
  await spawnCommand(['run', file, '--fast', '--state', state]).ended;
  const all = globSync('**', { cwd: state }).map((name) => join(state, name));
  expect(all.length).toBeGreaterThan(5);
  expect(all.filter((name) => (lstatSync(name).mode & 0o077) !== 0)).toEqual([]);
});
