import { hash } from 'node:crypto';

/** Whether two addresses are the same mailbox as far as every vendor here is concerned: case does not count. */
export function sameEmail(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

/** What stands for an address where nobody has to read it; the same for every spelling of upper and lower case. */
export function hashOfEmail(email: string): string {
  return hash('sha256', email.toLowerCase(), 'base64url').slice(0, 22);
}
