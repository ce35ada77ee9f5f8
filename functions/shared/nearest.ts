import { closestMatch } from 'leven';

/** The name that a word probably stands for, whatever the case and the hyphens; null where none is near. */
export function nearestName(word: string, names: readonly string[]): string | null {
  const spellings = new Map(names.map((name) => [plain(name), name]));
  const maxDistance = Math.max(1, Math.floor(word.length / 3));
  const near = closestMatch(plain(word), [...spellings.keys()], { maxDistance });
  return near === undefined ? null : (spellings.get(near) ?? null);
}

function plain(name: string): string {
  return name.toLowerCase().replaceAll(/[-_ ]/g, '');
}
