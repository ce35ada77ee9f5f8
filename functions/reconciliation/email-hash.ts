import { hash } from 'node:crypto';

/** What stands for an address where nobody has to read it; the same for every spelling of upper and lower case. */
export function hashOfEmail(email: string): string {
  return hash('sha256', email.toLowerCase(), 'base64url').slice(0, 22);
}
