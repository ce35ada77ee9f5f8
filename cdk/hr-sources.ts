import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { CfnStage, HttpMethod, HttpNoneAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { EventInvokeConfig } from 'aws-cdk-lib/aws-lambda';
import type { LogGroup } from 'aws-cdk-lib/aws-logs';
import { CfnSecret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { sourceSecretName } from '../functions/hr/source-secret.ts';
import { EVENT_SOURCE } from '../functions/shared/event-bus.ts';
import type { HrSource } from '../functions/shared/hr-sources.ts';
import { webhookSecretName } from '../functions/webhooks/secret.ts';
import { acknowledge } from './acknowledge.ts';
import type { Api } from './api.ts';
import type { Data } from './data.ts';
import type { HrBus } from './hr-bus.ts';
import { Lambda, type LambdaDefaults, logGroup } from './lambda.ts';

type HrSourcesProps = {
  defaults: LambdaDefaults;
  data: Data;
  hrBus: HrBus;
  api: Api;
  retainData: boolean;
  sources: readonly HrSource[];
  /** How many webhooks a second each route takes. */
  perSecond: number;
};

const RECEIVE = 'WebhooksReceiveHr';
const TAKE_ROSTER = 'HrTakeRoster';
const TAKE_WORKER = 'HrTakeWorker';
/** The Lambda of each source that is asked, or that sends. A schedule invokes it too. */
const READS: Partial<Record<HrSource, string>> = {
  hr: TAKE_WORKER,
  bamboohr: 'BamboohrRead',
  hibob: 'HibobRead',
};

/** The Lambdas of all sources, whether a deployment has them or not. */
export const HR_LAMBDAS: readonly string[] = [TAKE_ROSTER, ...Object.values(READS), RECEIVE];

// What a person stores; functions/webhooks/hr-credential.ts and the adapters read it.
const WEBHOOK_FORM: Partial<Record<HrSource, string>> = {
  hr: '{"bearerSecrets":["…"]}',
  bamboohr: '{"privateKeys":["…"]}',
  hibob: '{"secrets":["…"]}',
};
const API_FORM: Partial<Record<HrSource, string>> = {
  bamboohr: '{"companyDomain":"…","apiKey":"…"}',
  hibob: '{"serviceUserId":"…","token":"…"}',
};

const EVERY_15_MINUTES = Schedule.rate(Duration.minutes(15));

/** The HR systems that people come from: a bucket's folder, polls and webhooks. Each has Lambdas and secrets of its own. */
export class HrSources extends Construct {
  readonly lambdas: ReadonlyMap<string, Lambda>;
  readonly logGroup: LogGroup;
  /** The ARNs of the secrets of the sources, by their names. */
  readonly secretArns: ReadonlyMap<string, string>;

  constructor(scope: Construct, id: string, props: HrSourcesProps) {
    super(scope, id);
    const { sources } = props;
    const lambdas = new Map<string, Lambda>();
    this.logGroup = logGroup(this, `/tenure/${props.defaults.prefix}/hr-sources`);
    const add = (name: string, timeoutSeconds: number) => {
      const lambda = new Lambda(this, name, { ...props.defaults, timeoutSeconds, logGroup: this.logGroup });
      lambdas.set(name, lambda);
      return lambda;
    };
    this.lambdas = lambdas;
    this.secretArns = new Map(sources.flatMap((source) => this.#secrets(source, props)));
    if (sources.includes('roster')) this.#takeRosters(props, add(TAKE_ROSTER, 900));
    for (const source of sources) {
      const name = READS[source];
      if (name !== undefined) this.#read(props, source, name, add(name, 900));
    }
    const received = sources.filter((source) => READS[source] !== undefined);
    if (received.length > 0) this.#receive(props, add(RECEIVE, 10), received);
  }

  /** A file in the bucket invokes the Lambda by way of the account's default bus, on which S3 puts its events. */
  #takeRosters(props: HrSourcesProps, { fn }: Lambda): void {
    const { data } = props;
    data.tellOfFiles();
    new Rule(this, 'RosterRule', {
      ruleName: `${props.defaults.prefix}-${TAKE_ROSTER}`,
      eventPattern: {
        source: ['aws.s3'],
        detailType: ['Object Created'],
        detail: {
          bucket: { name: [data.filesBucket.bucketName] },
          object: { key: [{ prefix: 'hr/roster/' }] },
        },
      },
      targets: [this.#target(props, fn)],
    });
    this.#failures(props, TAKE_ROSTER, fn);
  }

  /** A webhook's event and a schedule invoke the Lambda. */
  #read(props: HrSourcesProps, source: HrSource, name: string, { fn }: Lambda): void {
    const lambda = this.#target(props, fn);
    new Rule(this, `${name}Schedule`, {
      ruleName: `${props.defaults.prefix}-${name}-schedule`,
      schedule: EVERY_15_MINUTES,
      targets: [lambda],
    });
    new Rule(this, `${name}Rule`, {
      ruleName: `${props.defaults.prefix}-${name}`,
      eventBus: props.hrBus.bus,
      eventPattern: {
        source: [EVENT_SOURCE],
        detailType: ['webhook.received'],
        detail: { vendor: [source] },
      },
      targets: [lambda],
    });
    this.#failures(props, name, fn);
  }

  #target({ hrBus }: HrSourcesProps, fn: Lambda['fn']): LambdaFunction {
    const deadLetterQueue = hrBus.deadLetters.queue;
    return new LambdaFunction(fn, { deadLetterQueue, retryAttempts: 185, maxEventAge: Duration.hours(24) });
  }

  /** What a Lambda cannot take ends among the dead letters. */
  #failures({ hrBus }: HrSourcesProps, name: string, fn: Lambda['fn']): void {
    new EventInvokeConfig(this, `${name}Failures`, {
      function: fn,
      retryAttempts: 2,
      maxEventAge: Duration.hours(6),
      onFailure: { bind: () => ({ destination: hrBus.deadLetters.queue.queueArn }) },
    });
  }

  #receive({ api, perSecond }: HrSourcesProps, receive: Lambda, sources: readonly HrSource[]): void {
    const integration = new HttpLambdaIntegration('Receive', receive.fn);
    for (const source of sources) {
      const routes = api.httpApi.addRoutes({
        path: `/webhooks/${source}`,
        methods: [HttpMethod.POST],
        integration,
        // HR systems have neither AWS credentials nor a token of ours; the Lambda checks who sends.
        authorizer: new HttpNoneAuthorizer(),
      });
      for (const route of routes) {
        acknowledge(route, {
          'AwsSolutions-APIG4': 'The Lambda checks a shared secret: HR systems cannot sign for IAM.',
        });
        // A stage refuses settings for a route that does not exist yet.
        api.stage.node.addDependency(route);
      }
    }
    const cfnStage = api.stage.node.defaultChild;
    if (!(cfnStage instanceof CfnStage)) throw new Error('The stage is not made of a CfnStage.');
    const limit = { ThrottlingRateLimit: perSecond, ThrottlingBurstLimit: 2 * perSecond };
    for (const source of sources)
      cfnStage.addPropertyOverride(`RouteSettings.POST /webhooks/${source}`, limit);
  }

  #secrets(source: HrSource, props: HrSourcesProps): [string, string][] {
    const forms: [string, string | undefined][] = [
      [webhookSecretName(source), WEBHOOK_FORM[source]],
      [sourceSecretName(source), API_FORM[source]],
    ];
    return forms.flatMap(([name, form]): [string, string][] =>
      form === undefined ? [] : [[name, this.#secret(name, form, props).ref]],
    );
  }

  #secret(name: string, form: string, { data, retainData }: HrSourcesProps): CfnSecret {
    const secret = new CfnSecret(this, name.replaceAll('/', '-'), {
      name,
      description: `Empty until you store ${form} with: aws secretsmanager put-secret-value --secret-id ${name}`,
      kmsKeyId: data.key.keyArn,
    });
    secret.applyRemovalPolicy(retainData ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY);
    acknowledge(secret, {
      'AwsSolutions-SMG4': 'It is issued by the HR system to a person; no API of theirs rotates it.',
    });
    return secret;
  }
}
