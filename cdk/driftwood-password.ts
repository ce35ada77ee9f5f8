import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { CfnRotationSchedule, CfnSecret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { PASSWORD_SECRET } from '../functions/driftwood/password-secret.ts';
import { acknowledge } from './acknowledge.ts';
import { type Data, serviceHost } from './data.ts';
import { Lambda, type LambdaDefaults } from './lambda.ts';
import type { Settings } from './settings.ts';
import { type VendorSettings, vendorEnvironment } from './steps.ts';
import type { VendorSecrets } from './vendor-secrets.ts';

type DriftwoodPasswordProps = {
  defaults: LambdaDefaults;
  data: Data;
  secrets: VendorSecrets;
  settings: VendorSettings & Pick<Settings, 'retainData' | 'driftwoodPasswordRotationDays'>;
};

/** The Lambda that Secrets Manager invokes; it is there when the password is rotated. */
export const ROTATION_LAMBDA = 'DriftwoodRotatePassword';

/** The password of the user whose token tenure has in Driftwood, and its rotation where that is set. */
export class DriftwoodPassword extends Construct {
  /** Undefined when the password is not rotated. */
  readonly rotation: Lambda | undefined;

  constructor(scope: Construct, id: string, props: DriftwoodPasswordProps) {
    super(scope, id);
    const secret = this.#secret(props);
    const { driftwoodPasswordRotationDays: days } = props.settings;
    if (days === undefined) {
      acknowledge(secret, {
        'AwsSolutions-SMG4': 'It is rotated with driftwoodPasswordRotationDays; not every company stores it.',
      });
      return;
    }
    this.rotation = this.#lambda(props, secret);
    this.rotation.fn.addPermission('Rotate', {
      principal: new ServicePrincipal('secretsmanager.amazonaws.com'),
      sourceAccount: Stack.of(this).account,
      sourceArn: secret.ref,
    });
    const schedule = new CfnRotationSchedule(this, 'Schedule', {
      secretId: secret.ref,
      rotationLambdaArn: this.rotation.fn.functionArn,
      rotationRules: { automaticallyAfterDays: days },
    });
    // The first rotation begins at once, and needs the role's policy and the permission.
    schedule.node.addDependency(this.rotation);
  }

  #secret({ data, settings }: DriftwoodPasswordProps): CfnSecret {
    const secret = new CfnSecret(this, 'Secret', {
      name: PASSWORD_SECRET,
      description: `Password of the Driftwood user that tenure works as. Empty until you store {"password":"…"} with: aws secretsmanager put-secret-value --secret-id ${PASSWORD_SECRET}`,
      kmsKeyId: data.key.keyArn,
    });
    secret.applyRemovalPolicy(settings.retainData ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY);
    return secret;
  }

  #lambda({ defaults, data, secrets, settings }: DriftwoodPasswordProps, secret: CfnSecret): Lambda {
    return new Lambda(this, ROTATION_LAMBDA, {
      ...defaults,
      // Three calls of ten seconds, and what they wait for the limit.
      timeoutSeconds: 120,
      memoryMb: 256,
      environment: vendorEnvironment('driftwood', data, settings),
      access: [
        ...secrets.access('driftwood'),
        ...data.coordinationTableAccess('driftwood'),
        // https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotating-secrets-required-permissions-function.html
        new PolicyStatement({
          actions: [
            'secretsmanager:DescribeSecret',
            'secretsmanager:GetSecretValue',
            'secretsmanager:PutSecretValue',
            'secretsmanager:UpdateSecretVersionStage',
          ],
          resources: [secret.ref],
        }),
        new PolicyStatement({ actions: ['secretsmanager:GetRandomPassword'], resources: ['*'] }),
        new PolicyStatement({
          actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
          resources: [data.key.keyArn],
          conditions: {
            StringEquals: {
              'kms:ViaService': serviceHost(this, 'secretsmanager'),
              'kms:EncryptionContext:SecretARN': secret.ref,
            },
          },
        }),
      ],
    });
  }
}
