import { createHash } from 'node:crypto';
import {
  InvalidParameterException,
  PutSecretValueCommand,
  ResourceExistsException,
  type SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager';
import type { Credential, RenewableCredential } from './credential.ts';
import type { SecretStore, StoredSecret } from './secret-store.ts';

/**
 * The versions of a secret that renewals store. Every version has at most one successor, whose id is derived from its
 * own. So every worker finds the tokens of a refresh again, and nobody stores them twice. Every method throws the SDK's
 * errors when the service cannot be reached.
 */
export type Successors = {
  /** The stored successor of a version, in force or not; null when there is none. */
  find(version: StoredSecret): Promise<StoredSecret | null>;
  /** Stores a version's successor without putting it in force. Returns the one that was stored first. */
  store(version: StoredSecret, credential: RenewableCredential): Promise<StoredSecret>;
  /** Puts the successor in force if `version` still is. Returns the version that is in force afterwards. */
  succeed(version: StoredSecret, successor: StoredSecret): Promise<StoredSecret>;
};

// AWSCURRENT is moved by a separate call, because only that call can be conditional.
const STAGE = 'TENURE_REFRESHED';
const SUCCESSOR_PREFIX = 'refreshed-';

/** The successors of a secret's versions; see `Successors`. */
export function successors(
  secretName: string,
  client: SecretsManagerClient,
  secret: SecretStore<Credential>,
  now: () => number,
): Successors {
  return {
    find: ({ versionId }) => secret.readVersion(successorId(versionId)),
    store: async ({ versionId }, credential) => {
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
      const known = isFirst ? null : await secret.readVersion(id);
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
      return moved === null ? secret.read() : successor;
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
