import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import { ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { CfnRotationSchedule, CfnSecret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { PASSWORD_SECRET } from '../functions/driftwood/password-secret.ts';
import { acknowledge } from './acknowledge.ts';
import type { Data } from './data.ts';
import { Lambda, type LambdaDefaults } from './lambda.ts';
import type { Settings } from './settings.ts';

type DriftwoodPasswordProps = {
  defaults: LambdaDefaults;
  data: Data;
  settings: Pick<Settings, 'retainData' | 'driftwoodPasswordRotationDays'>;
};

/** The Lambda that Secrets Manager invokes; it is there when the password is rotated. */
export const ROTATION_LAMBDA = 'DriftwoodRotatePassword';

/** The password of the user whose token tenure has in Driftwood, and its rotation where that is set. */
export class DriftwoodPassword extends Construct {
  /** Undefined when the password is not rotated. */
  readonly rotation: Lambda | undefined;
  readonly secretArn: string;

  constructor(scope: Construct, id: string, props: DriftwoodPasswordProps) {
    super(scope, id);
    const { defaults, settings } = props;
    const { driftwoodPasswordRotationDays: days } = settings;
    const secret = this.#secret(props);
    this.secretArn = secret.ref;
    if (days === undefined) {
      acknowledge(secret, {
        'AwsSolutions-SMG4': 'It is rotated with driftwoodPasswordRotationDays; not every company stores it.',
      });
      return;
    }
    // Three calls of ten seconds, and what they wait for the limit.
    this.rotation = new Lambda(this, ROTATION_LAMBDA, { ...defaults, timeoutSeconds: 120 });
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
}
