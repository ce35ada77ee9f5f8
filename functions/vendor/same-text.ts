/** Whether two texts read the same: blanks around them, and how many stand between words, do not count. */
export function sameText(one: string | null, other: string | null): boolean {
  return plain(one) === plain(other);
}

function plain(text: string | null): string | null {
  return text === null ? null : text.normalize('NFC').trim().replace(/\s+/g, ' ');
}
