import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { printJson, printLine, printPassing, styled, widthOf } from '../../local/commands/print.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

let before: string | undefined;
beforeEach(() => {
  before = process.env.COLUMNS;
  delete process.env.COLUMNS;
});
afterEach(() => {
  vi.unstubAllEnvs();
  if (before !== undefined) process.env.COLUMNS = before;
});

function printed(text: string, columns?: number): string {
  const written: string[] = [];
  printLine({ write: (part) => written.push(part), columns }, text);
  return written.join('');
}

describe('a line', () => {
  it('breaks between words, and goes on below its first word', () => {
    expect(printed('  one two three four', 20)).toBe('  one two three four\n');
    expect(printed('  one two three four five', 20)).toBe('  one two three four\n  five\n');
    expect(printed('  - one two three fourth', 20)).toBe('  - one two three\n    fourth\n');
  });

  it('keeps a word whole that is longer', () => {
    expect(printed('see /a/path/that/is/longer/than/that', 20)).toBe(
      'see\n/a/path/that/is/longer/than/that\n',
    );
  });

  it('counts what is seen: no colours, and wide letters twice', () => {
    vi.stubEnv('FORCE_COLOR', '1');
    expect(printed(`${styled('red', 'red')} and four and five`, 21)).toBe(
      '\u001b[31mred\u001b[39m and four and five\n',
    );
    expect(printed('日本語日本語 日本語日本語', 20)).toBe('日本語日本語\n日本語日本語\n');
  });

  it('has no colour, line end or link of somebody else', () => {
    vi.stubEnv('FORCE_COLOR', '1');
    const foreign = '\u001b[31mx\u001b]8;;https://evil.example\u0007\nNothing differs.';
    const shown = String.raw`\u001b[31mx\u001b]8;;https://evil.example\u0007\u000aNothing differs.`;
    expect(printed(foreign, 200)).toBe(`${shown}\n`);
    expect(printed(styled('dim', foreign), 200)).toBe(`\u001b[2m${shown}\u001b[22m\n`);
  });

  it('of JSON is JSON all the same', () => {
    const written: string[] = [];
    const value = { '\u009b': ['\u202e\n', '\u{e0041}'] };
    printJson({ write: (part) => written.push(part) }, value);
    expect(written.join('')).not.toMatch(/[\u009b\u202e\u{e0041}]/u);
    expect(JSON.parse(written.join(''))).toEqual(value);
  });
});

describe('the width', () => {
  const nowhere = { write: () => {} };

  it('is what COLUMNS says, else the terminal, else 80', () => {
    expect(widthOf(nowhere)).toBe(80);
    expect(widthOf({ ...nowhere, columns: 120 })).toBe(120);
    process.env.COLUMNS = '60';
    expect(widthOf({ ...nowhere, columns: 120 })).toBe(60);
    process.env.COLUMNS = 'wide';
    expect(widthOf({ ...nowhere, columns: 120 })).toBe(120);
  });

  it('is never too narrow for a word', () => {
    process.env.COLUMNS = '1';
    expect(widthOf({ ...nowhere, columns: 1 })).toBe(20);
  });
});

describe('a line in passing', () => {
  function passing(isTTY: boolean): string {
    const written: string[] = [];
    const output = { write: (part: string) => written.push(part), isTTY };
    printPassing(output, 'one');
    printPassing(output, 'two');
    printLine(output, 'end');
    return written.join('');
  }

  it('is written over in a terminal, and a line of its own elsewhere', () => {
    expect(passing(true)).toBe('one\r\u001b[2Ktwo\r\u001b[2Kend\n');
    expect(passing(false)).toBe('one\ntwo\nend\n');
  });
});

it('nothing else prints', () => {
  const files = globSync('local/{commands,runtime,aws,vendors}/**/*.ts', { cwd: ROOT }).filter(
    (file) => file !== 'local/commands/print.ts',
  );
  const prints = (file: string) =>
    /\b(stdout|stderr|output)\.write\(|console\./.test(readFileSync(join(ROOT, file), 'utf8'));
  expect(files.filter(prints)).toEqual([]);
});
