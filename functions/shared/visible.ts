import * as z from 'zod/mini';

// Escape sequences, line ends, and what turns the direction of the text around it: https://unicode.org/reports/tr36/
const CONTROL = String.raw`\p{Cc}\p{Cs}\u2028\u2029\u202a-\u202e\u2066-\u2069`;
// Marks that a name may hold, and which nobody sees.
const MARK = String.raw`\u061c\u200e\u200f\ufeff\u{e0000}-\u{e007f}`;
const CONTROLS = new RegExp(`[${CONTROL}]`, 'u');
const UNSEEN = new RegExp(`[${CONTROL}${MARK}]`, 'gu');

/** That a text has no character that steers a terminal or a log instead of being shown. */
export const hasNoControls = z.refine<string>((text) => !CONTROLS.test(text), {
  error: 'must not hold control characters, line ends or marks that turn the direction of text',
});

/**
 * A text as one line in which every character that steers a terminal is shown, as JSON would write it: `\u001b`. What
 * comes from a vendor or an event can then neither colour, move, link nor begin a line of its own.
 */
export function visible(text: string): string {
  return text.replace(UNSEEN, shown);
}

function shown(character: string): string {
  const units = character.split('').map((unit) => unit.charCodeAt(0));
  return units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('');
}
