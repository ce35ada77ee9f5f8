import { expect, it } from 'vitest';
import { COMMANDS } from '../../local/command-line.ts';
import { runCommand } from './command-line.ts';

const NAMES = [...COMMANDS.keys()];
/** Wide enough that nothing is broken, so that what is written wider than that shows. */
const UNBROKEN = { COLUMNS: '1000' };

const tooWide = (text: string) => text.split('\n').filter((line) => line.length > 80);
const optionsOf = (page: string) => [...page.matchAll(/^ {2}--([\w-]+)/gm)].map(([, name = '']) => name);

it.each(['', ...NAMES])('%s --help is at most 80 wide, and says the exit codes', async (name) => {
  const words = name === '' ? ['--help'] : [name, '--help'];
  const { code, stdout } = await runCommand(words, { env: UNBROKEN });
  expect(code).toBe(0);
  expect(tooWide(stdout)).toEqual([]);
  expect(stdout).toContain('Exit codes: ');
  expect(stdout).toContain(name);
});

it.each(NAMES)('%s names the option that was meant, at most 80 wide', async (name) => {
  const { stdout: page } = await runCommand([name, '--help'], { env: UNBROKEN });
  for (const option of optionsOf(page)) {
    const { code, stdout, stderr } = await runCommand([name, `--${option}x`], { env: { COLUMNS: '80' } });
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr.replaceAll('\n', ' ')).toContain(`did you mean --${option}?`);
    expect(tooWide(stderr)).toEqual([]);
  }
});

it.each(NAMES)('%s explains each of its options', async (name) => {
  const { main } = (await COMMANDS.get(name)?.load()) ?? {};
  const { stderr } = await runCommand([name, '--nothing-like-it']);
  expect(main).toBeDefined();
  expect(stderr).toContain(`npm start -- ${name} --help`);
});
