import { createHash } from 'node:crypto';
import {
  GetSecretValueCommand,
  type GetSecretValueCommandOutput,
  InvalidParameterException,
  PutSecretValueCommand,
  ResourceExistsException,
  ResourceNotFoundException,
  type SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager';
import * as z from 'zod/mini';
import { parseJson } from '../shared/json.ts';
import { Credential, type RenewableCredential } from './credential.ts';

/** One version of a secret. */
export type StoredSecret<Held extends Credential = Credential> = {
  versionId: string;
  /** When the version was stored, in epoch milliseconds. */
  storedAt: number;
  credential: Held;
};

/** A secret that is missing, empty or not of the documented form. */
export class SecretUnreadableError extends Error {
  override readonly name = 'SecretUnreadableError';

  constructor(secretName: string) {
    super(`The secret ${secretName} does not hold a token. Store {"token":"…"} or OAuth credentials in it.`);
  }
}

/**
 * One secret in Secrets Manager. Every version has at most one successor, whose id is derived from its own. So every
 * worker finds the tokens of a refresh again, and nobody stores them twice.
 */
export type SecretStore = {
  /** The version that is in force. @throws SecretUnreadableError */
  read(): Promise<StoredSecret>;
  /** The stored successor of a version, in force or not; null when there is none. */
  readSuccessor(version: StoredSecret): Promise<StoredSecret | null>;
  /** Stores a version's successor without putting it in force. Returns the one that was stored first. */
  storeSuccessor(version: StoredSecret, credential: RenewableCredential): Promise<StoredSecret>;
  /** Puts the successor in force if `version` still is. Returns the version that is in force afterwards. */
  succeed(version: StoredSecret, successor: StoredSecret): Promise<StoredSecret>;
};

// AWSCURRENT is moved by a separate call, because only that call can be conditional.
const STAGE = 'TENURE_REFRESHED';
const SUCCESSOR_PREFIX = 'refreshed-';

const Version = z.object({ VersionId: z.string(), CreatedDate: z.date() });

/** A secret's store; see `SecretStore`. Every method throws the SDK's errors when the service cannot be reached. */
export function secretStore(
  secretName: string,
  client: SecretsManagerClient,
  now: () => number,
): SecretStore {
  const get = async (versionId?: string): Promise<StoredSecret | null> => {
    const command = new GetSecretValueCommand({ SecretId: secretName, VersionId: versionId });
    const answer = await client.send(command).catch((error: unknown) => {
      if (error instanceof ResourceNotFoundException) return null;
      throw error;
    });
    return answer === null ? null : parseVersion(secretName, answer);
  };

  const read = async () => {
    const version = await get();
    // Secrets Manager also answers so for a secret that was created without a value.
    if (version === null) throw new SecretUnreadableError(secretName);
    return version;
  };

  return {
    read,
    readSuccessor: ({ versionId }) => get(successorId(versionId)),
    storeSuccessor: async ({ versionId }, credential) => {
      const id = successorId(versionId);
      const put = new PutSecretValueCommand({
        SecretId: secretName,
        ClientRequestToken: id,
        SecretString: JSON.stringify(credential),
        VersionStages: [STAGE],
      });
      const isFirst = await client.send(put).then(
        () => true,
        (error: unknown) => {
          if (error instanceof ResourceExistsException) return false;
          throw error;
        },
      );
      const known = isFirst ? null : await get(id);
      return known ?? { versionId: id, storedAt: now(), credential };
    },
    succeed: async (version, successor) => {
      const move = new UpdateSecretVersionStageCommand({
        SecretId: secretName,
        VersionStage: 'AWSCURRENT',
        MoveToVersionId: successor.versionId,
        // This is the condition: the call fails when another version has the label by now.
        RemoveFromVersionId: version.versionId,
      });
      const moved = await client.send(move).catch((error: unknown) => {
        if (error instanceof InvalidParameterException) return null;
        throw error;
      });
      return moved === null ? read() : successor;
    },
  };
}

/** Whether a refresh stored this version, rather than a person. */
export function isRefreshed({ versionId }: StoredSecret): boolean {
  return versionId.startsWith(SUCCESSOR_PREFIX);
}

function successorId(versionId: string): string {
  // An id has at most 64 characters.
  return `${SUCCESSOR_PREFIX}${createHash('sha256').update(versionId).digest('hex').slice(0, 48)}`;
}

function parseVersion(secretName: string, answer: GetSecretValueCommandOutput): StoredSecret {
  const credential = z.safeParse(Credential, parseJson(answer.SecretString ?? ''));
  if (!credential.success) throw new SecretUnreadableError(secretName);
  const { VersionId, CreatedDate } = z.parse(Version, answer);
  return { versionId: VersionId, storedAt: CreatedDate.getTime(), credential: credential.data };
}
