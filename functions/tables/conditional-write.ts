import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';

/** Waits for a write. Returns false when its condition did not hold. */
export async function succeedsIf(write: Promise<unknown>): Promise<boolean> {
  return (await nullUnless(write)) !== null;
}

/** Waits for a write and returns its answer; null when its condition did not hold. */
export async function nullUnless<T>(write: Promise<T>): Promise<T | null> {
  try {
    return await write;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return null;
    throw error;
  }
}
