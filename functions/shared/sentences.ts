// Intl.Segmenter sees no end before a number: "Name somebody. 0 of 4 open deals have been moved."
const BETWEEN = /(?<=[.!?])\s+(?=[\p{Lu}\p{Nd}])/u;

/** The sentences of a message, in order. */
export function sentencesOf(message: string): string[] {
  return message.split(BETWEEN).flatMap((sentence) => sentence.trim() || []);
}

/** How often something was done: once, twice, 3 times. */
export function howOften(count: number): string {
  if (count === 1) return 'once';
  return count === 2 ? 'twice' : `${count} times`;
}
