import { userInfo } from 'node:os';

/** The name of the user whose process this is; the number where the system knows no name. */
export function systemUser(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? 'unknown');
  }
}
