// Intl.Segmenter sees no end before a number: "Name somebody. 0 of 4 open deals have been moved."
const BETWEEN = /(?<=[.!?])\s+(?=[\p{Lu}\p{Nd}])/u;

/** The sentences of a message, in order. */
export function sentencesOf(message: string): string[] {
  return message.split(BETWEEN).flatMap((sentence) => sentence.trim() || []);
}

/** So many of something: `1 event`, `2 events`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

/** How often something was done: once, twice, 3 times. */
export function howOften(count: number): string {
  if (count === 1) return 'once';
  return count === 2 ? 'twice' : `${count} times`;
}
