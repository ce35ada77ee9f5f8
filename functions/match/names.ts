/**
 * How two spellings of a name compare: `same` when one is contained in the other, in any order and with initials or
 * short forms, but one word in full; `partly` when they share a word; `unknown` when there is nothing to compare.
 */
export type NameComparison = 'same' | 'partly' | 'different' | 'unknown';

// As far as a name of one letter says something, it is an initial; three letters may be a short form.
const SHORTEST_SHORT_FORM = 3;
// Letters that do not come apart into a letter and a mark, and the two letters that stand for an umlaut.
const SPELLINGS: readonly (readonly [RegExp, string])[] = [
  [/ß/g, 'ss'],
  [/æ|ae/g, 'a'],
  [/[øœ]|oe/g, 'o'],
  [/ue/g, 'u'],
  [/ł/g, 'l'],
  [/[đð]/g, 'd'],
  [/þ/g, 'th'],
  [/ı/g, 'i'],
];

/** Compares a name as HR has it with one as an app shows it; null or blank where there is none. */
export function compareNames(
  known: { firstName: string; lastName: string } | null,
  shown: string | null,
): NameComparison {
  // An app without names often shows the address in their place.
  if (known === null || shown === null || shown.includes('@')) return 'unknown';
  const wanted = wordsOf(`${known.firstName} ${known.lastName}`);
  const found = wordsOf(shown);
  if (wanted.length === 0 || found.length === 0) return 'unknown';
  if (isLatin(wanted) !== isLatin(found)) return 'unknown';
  const isWhole = found.some((word) => word.length > 1 && wanted.includes(word));
  if (isWhole && (isContained(found, wanted) || isContained(wanted, found))) return 'same';
  if (isWrittenTogether(known, found)) return 'same';
  return found.some((word) => wanted.some((other) => isAlike(word, other))) ? 'partly' : 'different';
}

function wordsOf(name: string): string[] {
  const bare = name.toLowerCase().normalize('NFKD').replace(/\p{M}/gu, '');
  const plain = SPELLINGS.reduce(
    (text, [letters, plainLetters]) => text.replace(letters, plainLetters),
    bare,
  );
  return plain.match(/[\p{L}\p{N}]+/gu) ?? [];
}

function isLatin(words: readonly string[]): boolean {
  return /\p{Script=Latin}/u.test(words.join(''));
}

/** Whether every word of the one name is a word of the other, each for itself. */
function isContained(words: readonly string[], others: readonly string[]): boolean {
  const left = [...others];
  return words.every((word) => {
    const index = left.findIndex((other) => isAlike(word, other));
    if (index !== -1) left.splice(index, 1);
    return index !== -1;
  });
}

function isAlike(one: string, other: string): boolean {
  const [short, long] = one.length <= other.length ? [one, other] : [other, one];
  if (short.length > 1 && short.length < SHORTEST_SHORT_FORM) return short === long;
  return long.startsWith(short);
}

/** Whether the words are the name without a space in it, as in scripts that use none. */
function isWrittenTogether(
  known: { firstName: string; lastName: string },
  found: readonly string[],
): boolean {
  const first = wordsOf(known.firstName).join('');
  const last = wordsOf(known.lastName).join('');
  return [first + last, last + first].includes(found.join(''));
}
