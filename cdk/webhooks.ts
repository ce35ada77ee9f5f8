import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { CfnStage, HttpMethod, HttpNoneAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { Rule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { EventInvokeConfig } from 'aws-cdk-lib/aws-lambda';
import type { LogGroup } from 'aws-cdk-lib/aws-logs';
import { CfnSecret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { APP_TITLES, type App } from '../functions/shared/apps.ts';
import { EVENT_SOURCE } from '../functions/shared/event-bus.ts';
import { webhookSecretName } from '../functions/webhooks/secret.ts';
import { acknowledge } from './acknowledge.ts';
import type { Api } from './api.ts';
import type { Data } from './data.ts';
import type { HrBus } from './hr-bus.ts';
import { Lambda, type LambdaDefaults, logGroup } from './lambda.ts';
import { WEBHOOK_APPS } from './step-needs.ts';

type WebhooksProps = {
  defaults: LambdaDefaults;
  data: Data;
  hrBus: HrBus;
  api: Api;
  retainData: boolean;
  /** How many requests a second each vendor's route takes. */
  perSecond: number;
  /** The apps that the company has. */
  apps: readonly App[];
};

const RECEIVE = 'WebhooksReceive';
const PROCESS = { drift: 'WebhooksProcessDrift', pipedrive: 'WebhooksProcessPipedrive' } as const;
type Vendor = (typeof WEBHOOK_APPS)[number];

/** The Lambda that takes webhooks, and one a vendor that processes them. */
export const WEBHOOK_LAMBDAS: readonly string[] = [RECEIVE, ...WEBHOOK_APPS.map((vendor) => PROCESS[vendor])];

// What is stored by a person; functions/webhooks/credential.ts reads it.
const FORM: Record<Vendor, string> = {
  drift: '{"verificationTokens":["…"]}',
  pipedrive: '{"user":"…","passwords":["…"]}',
};

/** What vendors tell without being asked: taken at the API, put on the bus, and processed from there. */
export class Webhooks extends Construct {
  readonly lambdas: ReadonlyMap<string, Lambda>;
  readonly logGroup: LogGroup;
  /** The ARNs of the secrets that webhooks prove themselves with, by their names. */
  readonly secretArns: ReadonlyMap<string, string>;

  constructor(scope: Construct, id: string, props: WebhooksProps) {
    super(scope, id);
    const { defaults, api, apps } = props;
    const vendors = WEBHOOK_APPS.filter((vendor) => apps.includes(vendor));
    this.secretArns = new Map(
      vendors.map((vendor) => [webhookSecretName(vendor), this.#secret(vendor, props).ref]),
    );
    this.logGroup = logGroup(this, `/tenure/${defaults.prefix}/webhooks`);
    const shared = { ...defaults, logGroup: this.logGroup };
    const receive = new Lambda(this, RECEIVE, { ...shared, timeoutSeconds: 10 });
    const processing = WEBHOOK_APPS.map((vendor) => PROCESS[vendor]).map(
      (name) => [name, new Lambda(this, name, { ...shared, timeoutSeconds: 60 })] as const,
    );
    this.lambdas = new Map([[RECEIVE, receive], ...processing]);
    const integration = new HttpLambdaIntegration('Receive', receive.fn);
    for (const vendor of vendors) {
      const routes = api.httpApi.addRoutes({
        path: `/webhooks/${vendor}`,
        methods: [HttpMethod.POST],
        integration,
        // Vendors have neither AWS credentials nor a token of ours; the Lambda checks who sends.
        authorizer: new HttpNoneAuthorizer(),
      });
      for (const route of routes) {
        acknowledge(route, {
          'AwsSolutions-APIG4': 'The Lambda checks a shared secret: vendors cannot sign for IAM.',
        });
        // A stage refuses settings for a route that does not exist yet.
        api.stage.node.addDependency(route);
      }
      this.#process(props, vendor);
    }
    this.#throttle(api, vendors, props.perSecond);
  }

  /** The way from the bus to the vendor's Lambda; what it cannot take ends among the dead letters. */
  #process({ defaults, hrBus }: WebhooksProps, vendor: Vendor): void {
    const fn = this.lambda(PROCESS[vendor]).fn;
    const deadLetterQueue = hrBus.deadLetters.queue;
    new Rule(this, `${vendor}Events`, {
      ruleName: `${defaults.prefix}-${vendor}-webhooks`,
      eventBus: hrBus.bus,
      eventPattern: {
        source: [EVENT_SOURCE],
        detailType: ['webhook.received'],
        detail: { vendor: [vendor] },
      },
      targets: [
        new LambdaFunction(fn, { deadLetterQueue, retryAttempts: 185, maxEventAge: Duration.hours(24) }),
      ],
    });
    new EventInvokeConfig(this, `${vendor}Failures`, {
      function: fn,
      retryAttempts: 2,
      maxEventAge: Duration.hours(6),
      onFailure: { bind: () => ({ destination: deadLetterQueue.queueArn }) },
    });
  }

  lambda(name: string): Lambda {
    const lambda = this.lambdas.get(name);
    if (lambda === undefined) throw new Error(`There is no Lambda ${name}.`);
    return lambda;
  }

  /** Anybody can call these routes, and must not use up what the API's callers have. */
  #throttle({ stage }: Api, vendors: readonly Vendor[], perSecond: number): void {
    const cfnStage = stage.node.defaultChild;
    if (!(cfnStage instanceof CfnStage)) throw new Error('The stage is not made of a CfnStage.');
    const limit = { ThrottlingRateLimit: perSecond, ThrottlingBurstLimit: 2 * perSecond };
    cfnStage.routeSettings = Object.fromEntries(vendors.map((vendor) => [`POST /webhooks/${vendor}`, limit]));
  }

  #secret(vendor: Vendor, { data, retainData }: WebhooksProps): CfnSecret {
    const name = webhookSecretName(vendor);
    const secret = new CfnSecret(this, `${APP_TITLES[vendor]}Secret`, {
      name,
      description: `What ${APP_TITLES[vendor]} webhooks prove themselves with. Empty until you store ${FORM[vendor]}, two while you change it, with: aws secretsmanager put-secret-value --secret-id ${name}`,
      kmsKeyId: data.key.keyArn,
    });
    secret.applyRemovalPolicy(retainData ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY);
    acknowledge(secret, {
      'AwsSolutions-SMG4': 'It has to be entered at the vendor by a person; no API of theirs rotates it.',
    });
    return secret;
  }
}
