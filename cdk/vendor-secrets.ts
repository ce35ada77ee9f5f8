import { RemovalPolicy } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { CfnSecret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { ALL_SURFACES } from '../functions/app-descriptions.ts';
import { APP_TITLES, type App } from '../functions/shared/apps.ts';
import { secretName } from '../functions/vendor/surface.ts';
import { acknowledge } from './acknowledge.ts';
import { serviceHost } from './data.ts';

const READ_SECRET = 'secretsmanager:GetSecretValue';
const RENEW_SECRET = ['secretsmanager:PutSecretValue', 'secretsmanager:UpdateSecretVersionStage'];

// The others give keys that never expire.
const VENDORS_WITH_OAUTH = ALL_SURFACES.filter(({ oauth }) => oauth !== undefined).map(
  ({ vendor }) => vendor,
);

type VendorSecretsProps = { key: IKey; retainData: boolean };

/**
 * One secret per vendor surface, for a person to fill. It is created without any value: a placeholder text in the
 * template would overwrite the real token whenever the text is changed.
 */
export class VendorSecrets extends Construct {
  readonly #key: IKey;
  readonly #arns = new Map<App, string[]>();

  constructor(scope: Construct, id: string, { key, retainData }: VendorSecretsProps) {
    super(scope, id);
    this.#key = key;
    for (const surface of ALL_SURFACES) {
      const name = secretName(surface);
      // Not the Secret construct, which generates a value where none is given.
      const secret = new CfnSecret(
        this,
        `${APP_TITLES[surface.vendor].replaceAll(' ', '')}${surface.surface}`,
        {
          name,
          description: `${APP_TITLES[surface.vendor]} ${surface.surface.toUpperCase()} token. Empty until you store {"token":"…"} with: aws secretsmanager put-secret-value --secret-id ${name}`,
          kmsKeyId: key.keyArn,
        },
      );
      secret.applyRemovalPolicy(retainData ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY);
      acknowledge(secret, {
        'AwsSolutions-SMG4': 'The vendors issue these tokens to a person; no API of theirs rotates them.',
      });
      this.#arns.set(surface.vendor, [...(this.#arns.get(surface.vendor) ?? []), secret.ref]);
    }
  }

  /** What a vendor's Lambda must be allowed to do: read the vendor's secrets, and store tokens that it refreshed. */
  access(vendor: App): PolicyStatement[] {
    const arns = this.#arns.get(vendor) ?? [];
    const isRenewed = VENDORS_WITH_OAUTH.includes(vendor);
    return [
      new PolicyStatement({
        actions: isRenewed ? [READ_SECRET, ...RENEW_SECRET] : [READ_SECRET],
        resources: arns,
      }),
      new PolicyStatement({
        actions: isRenewed ? ['kms:Decrypt', 'kms:GenerateDataKey'] : ['kms:Decrypt'],
        resources: [this.#key.keyArn],
        conditions: {
          StringEquals: {
            'kms:ViaService': serviceHost(this, 'secretsmanager'),
            'kms:EncryptionContext:SecretARN': arns,
          },
        },
      }),
    ];
  }
}
