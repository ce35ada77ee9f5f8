import { randomUUID } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import * as z from 'zod/mini';
import { Credential } from '../../functions/credentials/credential.ts';
import { OWNER_ONLY } from '../../functions/files/owner-only.ts';
import { parseJson } from '../../functions/shared/json.ts';
import { DriftCredential, PipedriveCredential } from '../../functions/webhooks/credential.ts';
import { BambooHrCredential, HibobCredential, HrCredential } from '../../functions/webhooks/hr-credential.ts';
import { whyUnreadable } from './absent.ts';
import { quoted } from './quoted.ts';

const Entries = z.record(z.string(), z.unknown());
const SecretsFile = z.record(
  z.string(),
  z.union([
    Credential,
    DriftCredential,
    PipedriveCredential,
    BambooHrCredential,
    HibobCredential,
    HrCredential,
    z.string(),
  ]),
);

/** The texts of the secrets in a file, by name, and one line for each thing that is wrong; a line quotes no value. */
export function readSecretsFile(file: string): { secrets: Map<string, string>; problems: string[] } {
  const openness = opennessOf(file);
  if (openness !== null) return { secrets: new Map(), problems: [openness] };
  const parsed = z.safeParse(SecretsFile, readJson(file));
  if (!parsed.success) {
    const problems = parsed.error.issues.map(({ path: [name] }) => problemOf(file, name));
    return { secrets: new Map(), problems };
  }
  const texts = Object.entries(parsed.data).map(
    ([name, value]) => [name, typeof value === 'string' ? value : JSON.stringify(value)] as const,
  );
  return { secrets: new Map(texts), problems: [] };
}

/** What to do about a file that others than its owner can read; null where there is nothing to do. */
function opennessOf(file: string): string | null {
  // Windows has no such modes.
  if (process.platform === 'win32') return null;
  const mode = statSync(file, { throwIfNoEntry: false })?.mode ?? 0;
  if ((mode & 0o077) === 0) return null;
  return `${file}: others on this machine can read it; close it with: chmod 600 ${quoted(file)}`;
}

function problemOf(file: string, name: PropertyKey | undefined): string {
  if (name === undefined)
    return existsSync(file)
      ? `${file}: is not JSON of the form secret name → {"token":"…"}`
      : whyUnreadable(file);
  return `${file}: ${String(name)}: expected {"token":"…"}, OAuth credentials, or a webhook's secrets of at least 16 characters each, as in docs/deploy.md`;
}

/**
 * One entry of a secrets file, complete or not; undefined when there is none.
 *
 * @throws Error when there is a file and it is not a secrets file, or others can read it.
 */
export function readSecretsEntry(file: string, name: string): unknown {
  const openness = opennessOf(file);
  if (openness !== null) throw new Error(openness);
  return readEntries(file)[name];
}

/**
 * Sets one secret in a secrets file and leaves the others. Only the owner can read the file, and it is replaced as
 * a whole, so that a crash leaves the old one or the new one.
 *
 * @throws Error when there is a file and it is not a secrets file.
 */
export function keepSecret(file: string, name: string, text: string): void {
  const value = z.safeParse(Credential, parseJson(text));
  const entries = { ...readEntries(file), [name]: value.success ? value.data : text };
  replaceFile(existsSync(file) ? realpathSync(file) : file, `${JSON.stringify(entries, null, 2)}\n`);
}

function readEntries(file: string): Record<string, unknown> {
  const entries = z.safeParse(Entries, existsSync(file) ? readJson(file) : {});
  if (!entries.success) throw new Error(`${file} is not a secrets file, and is left as it is.`);
  return entries.data;
}

function replaceFile(file: string, content: string): void {
  const draft = `${file}.${randomUUID()}.tmp`;
  try {
    const descriptor = openSync(draft, 'wx', OWNER_ONLY.file);
    try {
      writeFileSync(descriptor, content);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameSync(draft, file);
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  }
}

function readJson(file: string): unknown {
  try {
    return parseJson(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}
