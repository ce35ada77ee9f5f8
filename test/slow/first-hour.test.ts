import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const PAGE = readFileSync(new URL('../../docs/guide/first-hour.md', import.meta.url), 'utf8');
const CLI = fileURLToPath(new URL('../../local/cli.ts', import.meta.url));
const BLOCK =
  /`(?<file>[\w-]+\.(?:json|csv))`:\n\n```(?:json|csv)\n(?<content>[\s\S]*?)```|```console\n(?<console>[\s\S]*?)```/g;

it('the page of the first hour says what its commands print', { timeout: 120_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'tenure-first-hour-'));
  let played = 0;
  for (const { groups = {} } of PAGE.matchAll(BLOCK)) {
    const { file, content = '', console: text } = groups;
    if (file !== undefined) writeFileSync(join(folder, file), content);
    for (const part of (text ?? '').split(/^\$ /m).slice(1)) {
      const [command = '', ...shown] = part.trimEnd().split('\n');
      const printed = play(command, folder);
      // What stands between two ellipses follows itself line by line.
      let from = 0;
      for (const lines of shown
        .join('\n')
        .split(/^…\n?/m)
        .filter((some) => some.trim() !== '')) {
        const at = printed.indexOf(lines.trim(), from);
        expect(at, `${command} prints\n${lines}\nbut it was\n${printed}`).toBeGreaterThanOrEqual(0);
        from = at + lines.trim().length;
      }
      played += 1;
    }
  }
  expect(played).toBe(5);
});

function play(command: string, cwd: string): string {
  const words = command.replace('npm start -- ', '').split(' ');
  const env = { ...process.env, TENURE_APPS: 'pipedrive,drift', COLUMNS: '80', NO_COLOR: '1' };
  const { stdout, status } = spawnSync(process.execPath, [CLI, ...words], { cwd, env, encoding: 'utf8' });
  expect(status, command).toBe(0);
  return stdout;
}
