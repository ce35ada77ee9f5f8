import type * as z from 'zod/mini';
import { keptSecret } from '../credentials/kept-secret.ts';
import type { HrSource } from '../shared/hr-sources.ts';

/** The name of the secret by which an HR system is read. */
export function sourceSecretName(source: HrSource): string {
  return `tenure/${source}/api`;
}

/** Nobody has stored the credentials of an HR system yet, so it is not asked. */
export class SourceNotSetUpError extends Error {
  override readonly name = 'SourceNotSetUpError';

  constructor(secretName: string) {
    super(
      `The secret ${secretName} is empty, or not of the form that docs/guide/hr.md describes. Store it in that form.`,
    );
  }
}

/** Reads the credentials of an HR system. @throws SourceNotSetUpError when there are none; the SDK's errors */
export function sourceSecret<T>(source: HrSource, schema: z.ZodMiniType<T>): () => Promise<T> {
  const name = sourceSecretName(source);
  const read = keptSecret(name, schema);
  return async () => {
    const value = await read();
    if (value === undefined) throw new SourceNotSetUpError(name);
    return value;
  };
}
