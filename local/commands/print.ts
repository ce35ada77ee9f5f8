import { randomUUID } from 'node:crypto';
import { styleText } from 'node:util';
import stringWidth from 'string-width';
import wrapAnsi from 'wrap-ansi';
import { visible } from '../../functions/shared/visible.ts';

/** Where lines go: a stream of this process, or what stands in for one. */
export type Output = {
  write: (text: string) => unknown;
  /** The width of the terminal; missing where it is none. */
  columns?: number | undefined;
  isTTY?: boolean | undefined;
};

// What a terminal shows in a line unless somebody widens it.
const USUAL_WIDTH = 80;
const NARROWEST = 20;
// Of a line that is indented further than the terminal is wide.
const SHORTEST_PART = 10;

/** How many columns a line has: `COLUMNS` of the environment, else what the terminal says; undefined without either. */
function toldWidth({ columns }: Output): number | undefined {
  const asked = Number(process.env.COLUMNS);
  if (Number.isInteger(asked) && asked >= NARROWEST) return asked;
  return columns === undefined ? undefined : Math.max(columns, NARROWEST);
}

/** How many columns a line has: as `COLUMNS` or the terminal says, else 80. */
export function widthOf(output: Output): number {
  return toldWidth(output) ?? USUAL_WIDTH;
}

/**
 * Writes lines, each broken between words where the terminal is narrower. A word that is longer than a line, such as a
 * path, stays whole. All that commands print goes through this file, which shows every character that would steer the
 * terminal, a line end within a line too: an app's text cannot look like a line of tenure's.
 */
export function printLine(output: Output, ...lines: readonly string[]): void {
  writeLines(output, lines, widthOf(output));
}

/** Writes what went wrong. A line stays whole where no terminal shows it, so that it can be searched. */
export function printError(output: Output, ...lines: readonly string[]): void {
  writeLines(output, lines, toldWidth(output) ?? Number.POSITIVE_INFINITY);
}

// The outputs whose last line is to be written over.
const unfinished = new WeakSet<Output>();

/** Writes a line that the next one takes the place of; a line of its own where no terminal shows it. */
export function printPassing(output: Output, line: string): void {
  if (output.isTTY !== true) {
    printLine(output, line);
    return;
  }
  clearPassing(output);
  output.write(
    line
      .split(ESCAPE)
      .map(visible)
      .join('\u001b')
      .slice(0, widthOf(output) - 1),
  );
  unfinished.add(output);
}

function clearPassing(output: Output): void {
  if (unfinished.delete(output)) output.write('\r\u001b[2K');
}

/** Writes a value as JSON that a person can read. */
export function printJson(output: Output, value: unknown): void {
  const text = JSON.stringify(value, null, 2);
  // JSON itself escapes only some of the characters that steer a terminal. No line end of its own stands in a string.
  output.write(`${text.split('\n').map(visible).join('\n')}\n`);
}

/** Writes a question, and leaves the cursor behind it where somebody types the answer into the same terminal. */
export function printQuestion(output: Output, question: string, isTyped: boolean): void {
  const shown = wrapLine(visible(`${question}:`), widthOf(output) - 1);
  output.write(`${shown}${isTyped ? ' ' : '\n'}`);
}

// Stands for the escape character in what this file is given. It is new in every process, so no other text holds it.
const ESCAPE = randomUUID();

/** A text in a style of its own, for a line; plain where the terminal has no colours. */
export function styled(style: 'bold' | 'dim' | 'green' | 'red', text: string): string {
  return styleText(style, visible(text)).replaceAll('\u001b', ESCAPE);
}

function writeLines(output: Output, lines: readonly string[], width: number): void {
  clearPassing(output);
  const shown = lines.map((line) => line.split(ESCAPE).map(visible).join('\u001b'));
  output.write(shown.map((line) => `${wrapLine(line, width)}\n`).join(''));
}

const HEAD_OF_LINE = /^\s*(?:- )?/;

/** A line as several that are no wider; what does not fit stands below its first word. */
function wrapLine(line: string, width: number): string {
  if (stringWidth(line) <= width) return line;
  const [prefix = ''] = HEAD_OF_LINE.exec(line) ?? [];
  const body = line.slice(prefix.length);
  const longest = Math.max(...body.split(' ').map((word) => stringWidth(word)));
  // A name that has room on a line of its own gets it, and so less of the indent.
  const room = longest > width ? prefix.length : Math.min(prefix.length, width - longest);
  const hanging = ' '.repeat(room);
  const lines = wrapAnsi(body, Math.max(width - room, SHORTEST_PART)).split('\n');
  return lines
    .map((part, index) => (index === 0 ? prefix.slice(prefix.length - room) : hanging) + part)
    .join('\n');
}
