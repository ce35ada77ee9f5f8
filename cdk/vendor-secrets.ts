import { RemovalPolicy } from 'aws-cdk-lib';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { CfnSecret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { APP_DESCRIPTIONS } from '../functions/app-descriptions.ts';
import { APP_TITLES, type App } from '../functions/shared/apps.ts';
import { secretName } from '../functions/vendor/surface.ts';
import { acknowledge } from './acknowledge.ts';

type VendorSecretsProps = { key: IKey; retainData: boolean; apps: readonly App[] };

/**
 * One secret per vendor surface of the company's apps, for a person to fill. It is created without any value: a placeholder text in the
 * template would overwrite the real token whenever the text is changed.
 */
export class VendorSecrets extends Construct {
  /** The ARN of each secret, by its name. */
  readonly arns: ReadonlyMap<string, string>;

  constructor(scope: Construct, id: string, { key, retainData, apps }: VendorSecretsProps) {
    super(scope, id);
    const arns = new Map<string, string>();
    for (const surface of apps.flatMap((app) => APP_DESCRIPTIONS[app].surfaces)) {
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
      arns.set(name, secret.ref);
    }
    this.arns = arns;
  }
}
