import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { beforeAll, expect, it, vi } from 'vitest';
import type { CommandIo } from '../../local/commands/command.ts';
import { main } from '../../local/commands/reset-password.ts';
import { startDriftwood } from '../../local/vendors/driftwood.ts';
import { spawnCommand, startCommand } from './command-line.ts';

const TOKEN = 'a-token-from-a-mail';
const PASSWORD = ' battery staple ';

let folder: string;
let userId: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tenure-reset-'));
  const { state, close } = await startDriftwood();
  userId = state.users[0]?.id ?? '';
  state.resetTokens = [{ token: TOKEN, userId }];
  writeFileSync(join(folder, 'driftwood.json'), JSON.stringify(state));
  await close();
});

async function run(words: string[], input: string, env: Record<string, string> = {}, begin = startCommand) {
  const { ended, output } = begin(['reset-password', ...words], { input, env });
  const { code } = await ended;
  return { code, printed: output() };
}

it('sets the password with the token, prints neither, and does so once', { tags: 'slow' }, async () => {
  const first = await run(['--state', folder], ` ${TOKEN} \r\n${PASSWORD}\n`, {}, spawnCommand);
  expect(first).toEqual({
    code: 0,
    printed: expect.stringMatching(/^Real: [\s\S]*\nThe password is set\.\n$/),
  });
  const { passwords } = JSON.parse(readFileSync(join(folder, 'driftwood.json'), 'utf8'));
  expect(passwords).toContainEqual({ userId, password: PASSWORD });

  const second = await run(['--state', folder], `${TOKEN}\n${PASSWORD}\n`);
  expect(second.code).toBe(1);
  expect(second.printed).toContain('was rejected (token.invalid). Ask for another mail');
  expect(second.printed).not.toContain(TOKEN);
  expect(second.printed).not.toContain('battery');
});

it.each([{ drop: 'after' as const }, { answerBody: 'malformed' as const }])(
  'says that the password may be set where nobody knows: %j',
  async (fault) => {
    const driftwood = await startDriftwood();
    driftwood.state.resetTokens = [{ token: TOKEN, userId }];
    driftwood.inject({ path: /reset/, ...fault });
    const secrets = join(folder, 'secrets.json');
    writeFileSync(secrets, JSON.stringify({ 'tenure/driftwood/rest': { token: driftwood.tokens.rest } }), {
      mode: 0o600,
    });
    const environment = { DRIFTWOOD_BASE_URL: driftwood.baseUrls.rest };
    const { code, printed } = await run(['--secrets', secrets], `${TOKEN}\n${PASSWORD}\n`, environment);
    expect(code).toBe(1);
    expect(printed).toContain('may be set all the same');
    expect(printed).not.toContain('battery');
    expect(driftwood.state.passwords).toContainEqual({ userId, password: PASSWORD });
    await driftwood.close();
  },
);

it.each(['', `${TOKEN}\n`, `\n${PASSWORD}\n`])(
  'wants two lines, and says so without quoting: %j',
  async (input) => {
    const { code, printed } = await run(['--state', folder], input);
    expect(code).toBe(2);
    expect(printed).toContain('two lines');
    expect(printed).not.toMatch(/token-from|battery/);
  },
);

it('takes neither from its arguments, and does not quote them', async () => {
  const { code, printed } = await run([TOKEN, `--${PASSWORD}`], '');
  expect(code).toBe(2);
  expect(printed).toContain('expected no arguments but');
  expect(printed).not.toMatch(/token-from|battery/);
});

/** A terminal in which something is typed, and all that is printed. */
function terminalWith(typed: string, stop = new AbortController()) {
  const printed: string[] = [];
  const output = { write: (text: string) => printed.push(text) };
  const setRawMode = vi.fn();
  const stdin = Object.assign(new PassThrough(), { isTTY: true, setRawMode });
  stdin.write(typed);
  const io: CommandIo = {
    ...{ stdout: output, stderr: output, stdin, environment: process.env },
    stopSignal: () => stop.signal,
  };
  return { io, stdin, setRawMode, printed };
}

it('asks a terminal, which does not show what is typed', async () => {
  const { io, stdin, setRawMode, printed } = terminalWith(`${TOKEN}\r`);
  stdin.end('\r');
  expect(await main([], io)).toBe(2);
  expect(setRawMode).toHaveBeenCalledWith(true);
  expect(printed[0]).toMatch(/^Real: no app\. Simulated: .*Driftwood CRM/);
  expect(printed.slice(1, 5)).toEqual(['Token: ', '\n', 'New password: ', '\n']);
  expect(printed.join('')).not.toMatch(/token-from|battery/);
});

it('is stopped by Ctrl-C, which such a terminal hands over as a key, and by a signal', async () => {
  const key = terminalWith(`${TOKEN}\r\u0003`);
  expect(await main([], key.io)).toBe(130);
  expect(key.printed.at(-1)).toContain('Stopped.');
  const stop = new AbortController();
  const signal = terminalWith(`${TOKEN}\r`, stop);
  const ended = main([], signal.io);
  await expect.poll(() => signal.printed).toContain('New password: ');
  stop.abort();
  expect(await ended).toBe(130);
});
