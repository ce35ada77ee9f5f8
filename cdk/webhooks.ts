import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { CfnStage, HttpMethod, HttpNoneAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { Rule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { EventInvokeConfig } from 'aws-cdk-lib/aws-lambda';
import { CfnSecret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { APP_TITLES } from '../functions/shared/apps.ts';
import { EVENT_SOURCE } from '../functions/shared/event-bus.ts';
import { webhookSecretName } from '../functions/webhooks/secret.ts';
import { acknowledge } from './acknowledge.ts';
import type { Api } from './api.ts';
import { type Data, serviceHost } from './data.ts';
import type { HrBus } from './hr-bus.ts';
import { Lambda, type LambdaDefaults } from './lambda.ts';
import type { Settings } from './settings.ts';
import { type VendorSettings, vendorEnvironment } from './steps.ts';
import type { VendorSecrets } from './vendor-secrets.ts';

type WebhooksProps = {
  defaults: LambdaDefaults;
  data: Data;
  secrets: VendorSecrets;
  hrBus: HrBus;
  api: Api;
  settings: VendorSettings & Pick<Settings, 'retainData'>;
};

const RECEIVE = 'WebhooksReceive';
const PROCESS = { drift: 'WebhooksProcessDrift', pipedrive: 'WebhooksProcessPipedrive' } as const;
const VENDORS = ['drift', 'pipedrive'] as const;
type Vendor = (typeof VENDORS)[number];

/** The Lambda that takes webhooks, and one a vendor that processes them. */
export const WEBHOOK_LAMBDAS: readonly string[] = [RECEIVE, ...VENDORS.map((vendor) => PROCESS[vendor])];

// What is stored by a person; functions/webhooks/credential.ts reads it.
const FORM: Record<Vendor, string> = {
  drift: '{"verificationTokens":["…"]}',
  pipedrive: '{"user":"…","passwords":["…"]}',
};

/** What vendors tell without being asked: taken at the API, put on the bus, and processed from there. */
export class Webhooks extends Construct {
  readonly lambdas: ReadonlyMap<string, Lambda>;

  constructor(scope: Construct, id: string, props: WebhooksProps) {
    super(scope, id);
    const { api } = props;
    const receive = this.#receive(props);
    this.lambdas = new Map([
      [RECEIVE, receive],
      [PROCESS.drift, this.#processDrift(props)],
      [PROCESS.pipedrive, this.#processPipedrive(props)],
    ]);
    const integration = new HttpLambdaIntegration('Receive', receive.fn);
    for (const vendor of VENDORS) {
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
    this.#throttle(api);
  }

  #receive({ defaults, data, hrBus, settings }: WebhooksProps): Lambda {
    const secrets = VENDORS.map((vendor) => this.#secret(vendor, data, settings.retainData));
    return new Lambda(this, RECEIVE, {
      ...defaults,
      timeoutSeconds: 10,
      // The answer is due within a second, and a cold start is part of it.
      memoryMb: 1024,
      environment: {
        COORDINATION_TABLE: data.coordinationTable.tableName,
        EVENT_BUS_NAME: hrBus.bus.eventBusName,
      },
      access: [
        new PolicyStatement({
          actions: ['secretsmanager:GetSecretValue'],
          resources: secrets.map(({ ref }) => ref),
        }),
        new PolicyStatement({
          actions: ['kms:Decrypt'],
          resources: [data.key.keyArn],
          conditions: {
            StringEquals: {
              'kms:ViaService': serviceHost(this, 'secretsmanager'),
              'kms:EncryptionContext:SecretARN': secrets.map(({ ref }) => ref),
            },
          },
        }),
        ...data.webhookRowsAccess(VENDORS, ['DeleteItem', 'GetItem', 'PutItem']),
        hrBus.putAccess(),
      ],
    });
  }

  #processDrift({ defaults, data, secrets, hrBus, settings }: WebhooksProps): Lambda {
    return new Lambda(this, PROCESS.drift, {
      ...defaults,
      timeoutSeconds: 60,
      memoryMb: 256,
      environment: {
        EVENT_BUS_NAME: hrBus.bus.eventBusName,
        ...vendorEnvironment('drift', data, settings),
      },
      access: [
        ...secrets.access('drift'),
        ...data.coordinationTableAccess('drift'),
        ...data.webhookRowsAccess(['drift'], ['GetItem', 'PutItem']),
        hrBus.putAccess(),
        ...hrBus.deadLetters.writeAccess(),
      ],
    });
  }

  #processPipedrive({ defaults, data, secrets, hrBus, settings }: WebhooksProps): Lambda {
    return new Lambda(this, PROCESS.pipedrive, {
      ...defaults,
      timeoutSeconds: 60,
      memoryMb: 256,
      environment: {
        IDENTITY_TABLE: data.identityTable.tableName,
        EVENT_BUS_NAME: hrBus.bus.eventBusName,
        ...vendorEnvironment('pipedrive', data, settings),
      },
      access: [
        ...secrets.access('pipedrive'),
        ...data.coordinationTableAccess('pipedrive'),
        // See functions/tables/identity-store.ts and functions/tables/webhook-finding-store.ts.
        ...data.rowAccess(data.identityTable, 'EMPLOYEE#', ['GetItem', 'PutItem', 'Query']),
        ...data.rowAccess(data.identityTable, 'ACCOUNT#pipedrive#', ['GetItem', 'PutItem']),
        ...data.rowAccess(data.identityTable, 'FINDING#webhook#pipedrive#', ['PutItem']),
        hrBus.putAccess(),
        ...hrBus.deadLetters.writeAccess(),
      ],
    });
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
  #throttle({ stage }: Api): void {
    const cfnStage = stage.node.defaultChild;
    if (!(cfnStage instanceof CfnStage)) throw new Error('The stage is not made of a CfnStage.');
    const limit = { ThrottlingRateLimit: 50, ThrottlingBurstLimit: 100 };
    cfnStage.routeSettings = Object.fromEntries(VENDORS.map((vendor) => [`POST /webhooks/${vendor}`, limit]));
  }

  #secret(vendor: Vendor, { key }: Data, retainData: boolean): CfnSecret {
    const name = webhookSecretName(vendor);
    const secret = new CfnSecret(this, `${APP_TITLES[vendor]}Secret`, {
      name,
      description: `What ${APP_TITLES[vendor]} webhooks prove themselves with. Empty until you store ${FORM[vendor]}, two while you change it, with: aws secretsmanager put-secret-value --secret-id ${name}`,
      kmsKeyId: key.keyArn,
    });
    secret.applyRemovalPolicy(retainData ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY);
    acknowledge(secret, {
      'AwsSolutions-SMG4': 'It has to be entered at the vendor by a person; no API of theirs rotates it.',
    });
    return secret;
  }
}
