import type * as z from 'zod/mini';
import { keptSecret } from '../credentials/kept-secret.ts';
import { SourceRefusedError } from '../shared/errors.ts';
import type { HrSource } from '../shared/hr-sources.ts';

/** The name of the secret by which an HR system is read. */
export function sourceSecretName(source: HrSource): string {
  return `tenure/${source}/api`;
}

/** Reads the credentials of an HR system. @throws SourceRefusedError when there are none; the SDK's errors */
export function sourceSecret<T>(source: HrSource, schema: z.ZodMiniType<T>): () => Promise<T> {
  const name = sourceSecretName(source);
  const read = keptSecret(name, schema);
  return async () => {
    const value = await read();
    if (value === undefined)
      throw new SourceRefusedError(
        source,
        'credentials',
        `are not in the secret ${name} as docs/guide/hr.md has them`,
      );
    return value;
  };
}
