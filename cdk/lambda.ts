import { join } from 'node:path';
import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { PolicyDocument, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  Architecture,
  Code,
  Function as LambdaFunction,
  LoggingFormat,
  Runtime,
  Tracing,
} from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { acknowledge } from './acknowledge.ts';
import { type Needs, needsOf } from './step-needs.ts';

/** What all Lambdas of a deployment share. */
export type LambdaDefaults = {
  /** Begins every name. */
  prefix: string;
  /** The folder that `bundleLambdas` filled. */
  bundles: string;
};

type LambdaProps = LambdaDefaults & {
  timeoutSeconds: number;
  /** The log group that it shares with others; one of its own when left out. */
  logGroup?: LogGroup;
};

/**
 * A Lambda as all of tenure's are: its bundle, a role of its own, and a log group. It may write its log and
 * traces; cdk/grant-needs.ts gives it the rest.
 */
export class Lambda extends Construct {
  readonly fn: LambdaFunction;
  readonly role: Role;
  readonly logGroup: LogGroup;
  readonly needs: Needs;
  // In the role itself: a policy beside every role would be a hundred more of the 500 resources that a stack may have.
  readonly #rights = new PolicyDocument();

  /** @param name as the placeholders in state-machines/ have it. */
  constructor(scope: Construct, name: string, props: LambdaProps) {
    super(scope, name);
    this.needs = needsOf(name);
    this.logGroup = props.logGroup ?? logGroup(this, `/tenure/${props.prefix}/${name}`);
    this.role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
      inlinePolicies: { Rights: this.#rights },
    });
    this.allow([
      new PolicyStatement({
        actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
        resources: [this.logGroup.logGroupArn],
      }),
      new PolicyStatement({
        actions: ['xray:PutTelemetryRecords', 'xray:PutTraceSegments'],
        resources: ['*'],
      }),
    ]);
    acknowledge(this.role, {
      'AwsSolutions-IAM5[Resource::*]': 'X-Ray has no resources to name: PutTraceSegments takes * only.',
    });
    this.fn = new LambdaFunction(this, 'Function', {
      functionName: `${props.prefix}-${name}`,
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      code: Code.fromAsset(join(props.bundles, name)),
      handler: 'index.handler',
      // CDK would put the traces into a policy beside it.
      role: this.role.withoutPolicyUpdates(),
      memorySize: this.needs.memoryMb ?? 256,
      timeout: Duration.seconds(props.timeoutSeconds),
      tracing: Tracing.ACTIVE,
      logGroup: this.logGroup,
      // So that a time-out is a line that the metric filters can read.
      loggingFormat: LoggingFormat.JSON,
      environment: { POWERTOOLS_SERVICE_NAME: 'tenure' },
    });
  }

  /** Gives it rights. */
  allow(statements: readonly PolicyStatement[]): void {
    this.#rights.addStatements(...statements);
  }
}

/**
 * A log group. Lambdas of one kind share one: a run's lines are in one place, and a stack may have 500 resources. The
 * names of a Lambda's streams hold its name.
 */
export function logGroup(scope: Construct, logGroupName: string): LogGroup {
  return new LogGroup(scope, 'Log', {
    logGroupName,
    retention: RetentionDays.THREE_MONTHS,
    // The reports in the identity table are what is kept.
    removalPolicy: RemovalPolicy.DESTROY,
  });
}
