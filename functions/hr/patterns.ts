import { withoutInvisible } from '../shared/email.ts';

/** A text as a policy compares it. */
export function comparable(text: string): string {
  return withoutInvisible(text).normalize('NFC').trim().replaceAll(/\s+/g, ' ').toLowerCase();
}

/** Whether a text fits a pattern, in which `*` stands for any text. */
export function fits(pattern: string, text: string): boolean {
  const parts = comparable(pattern).split('*').map(escaped);
  return new RegExp(`^${parts.join('.*')}$`, 'su').test(comparable(text));
}

function escaped(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
}

/** One pattern or several, as a list. */
export function listOf(patterns: string | readonly string[]): readonly string[] {
  return typeof patterns === 'string' ? [patterns] : patterns;
}
