import { describe, expect, it } from 'vitest';
import * as z from 'zod/mini';
import { deployment, KEY } from './deployments.ts';

const { only, read, statements } = deployment;

describe('the files', () => {
  const bucket = only('AWS::S3::Bucket');

  it('are encrypted with the key, versioned, never public, and forgotten', () => {
    const Encryption = z.object({
      ServerSideEncryptionConfiguration: z.tuple([
        z.object({ ServerSideEncryptionByDefault: z.object({ KMSMasterKeyID: z.unknown() }) }),
      ]),
    });
    const [rule] = Encryption.parse(bucket.BucketEncryption).ServerSideEncryptionConfiguration;
    expect(read(rule.ServerSideEncryptionByDefault.KMSMasterKeyID)).toBe(KEY);
    expect(bucket).toMatchObject({
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      },
      VersioningConfiguration: { Status: 'Enabled' },
      LifecycleConfiguration: {
        Rules: [
          { Status: 'Enabled', ExpirationInDays: 400 },
          { Status: 'Enabled', ExpirationInDays: 30, Prefix: 'contacts/' },
          { Status: 'Enabled', ExpirationInDays: 30, Prefix: 'hr/roster/' },
          { Status: 'Enabled', ExpirationInDays: 30, Prefix: 'hr/accepted/' },
        ],
      },
    });
  });

  it('are read and written over TLS only', () => {
    expect(statements(only('AWS::S3::BucketPolicy').PolicyDocument)).toContainEqual(
      expect.objectContaining({
        Effect: 'Deny',
        Action: ['s3:*'],
        Condition: { Bool: { 'aws:SecureTransport': 'false' } },
      }),
    );
  });
});
