import { closestMatch } from 'leven';

/** The name that a word probably stands for, whatever the case and the hyphens; null where none is near. */
export function nearestName(word: string, names: readonly string[]): string | null {
  const typed = plain(word);
  const spellings = names.map(plain);
  const near =
    closestMatch(typed, spellings, { maxDistance: Math.max(1, word.length / 3) }) ??
    spellings.find((name) => lettersOf(name) === lettersOf(typed));
  return names[spellings.indexOf(near ?? '')] ?? null;
}

/** What is said behind what was expected: `; did you mean role?`; nothing where no name is near. */
export function didYouMean(word: string, names: readonly string[]): string {
  const near = nearestName(word, names);
  return near ? `; did you mean ${near}?` : '';
}

function plain(name: string): string {
  return name.toLowerCase().replaceAll(/[-_ ]/g, '');
}

/** The same for words whose letters are in another order, which is two changes for one slip. */
function lettersOf(word: string): string {
  return [...word].sort().join();
}
