import { RemovalPolicy } from 'aws-cdk-lib';
import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';
import {
  HttpApi,
  HttpMethod,
  HttpRoute,
  HttpRouteKey,
  HttpStage,
  type IHttpRouteAuthorizer,
  LogGroupLogDestination,
} from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpIamAuthorizer, HttpJwtAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { Lambda, type LambdaDefaults } from './lambda.ts';
import type { Settings } from './settings.ts';

type ApiProps = {
  defaults: LambdaDefaults;
  settings: Pick<Settings, 'jwtIssuer' | 'jwtAudience'>;
};

// As functions/api/app.ts has them.
const ROUTES: [HttpMethod, string][] = [
  [HttpMethod.POST, '/onboardings'],
  [HttpMethod.POST, '/offboardings'],
  [HttpMethod.GET, '/runs'],
  [HttpMethod.GET, '/runs/{name}'],
  [HttpMethod.DELETE, '/runs/{name}'],
  [HttpMethod.POST, '/runs/release'],
  [HttpMethod.POST, '/runs/{name}/release'],
  [HttpMethod.POST, '/runs/{name}/reject'],
  [HttpMethod.GET, '/employees/{employeeId}'],
  [HttpMethod.DELETE, '/employees/{employeeId}'],
  [HttpMethod.POST, '/employees/{employeeId}/takeover'],
];

// Who asked for what, and how it ended. No address and no body.
const ACCESS_LOG = {
  requestId: '$context.requestId',
  time: '$context.requestTime',
  routeKey: '$context.routeKey',
  status: '$context.status',
  caller: '$context.identity.userArn',
  subject: '$context.authorizer.claims.sub',
  error: '$context.error.message',
  authorizerError: '$context.authorizer.error',
  latencyMs: '$context.responseLatency',
};

/** The HTTP API. */
export class Api extends Construct {
  readonly httpApi: HttpApi;
  readonly stage: HttpStage;
  readonly handler: Lambda;

  constructor(scope: Construct, id: string, { defaults, settings }: ApiProps) {
    super(scope, id);
    this.handler = new Lambda(this, 'ApiHandler', {
      ...defaults,
      // API Gateway waits 30 seconds at the most.
      timeoutSeconds: 29,
    });
    this.httpApi = new HttpApi(this, 'HttpApi', {
      apiName: `${defaults.prefix}-api`,
      createDefaultStage: false,
      defaultAuthorizer: authorizer(settings),
    });
    // One permission for the API instead of one a route: a stack holds 500 resources at the most.
    const integration = new HttpLambdaIntegration('Handler', this.handler.fn, {
      scopePermissionToRoute: false,
    });
    for (const [method, path] of ROUTES) this.httpApi.addRoutes({ path, methods: [method], integration });
    // So that an unknown route is answered by the app, which says what is wrong in the form of all its errors.
    new HttpRoute(this, 'UnknownRoute', {
      httpApi: this.httpApi,
      routeKey: HttpRouteKey.DEFAULT,
      integration,
    });
    const accessLog = new LogGroup(this, 'AccessLog', {
      logGroupName: `/aws/vendedlogs/apigateway/${defaults.prefix}`,
      retention: RetentionDays.THREE_MONTHS,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.stage = new HttpStage(this, 'Stage', {
      httpApi: this.httpApi,
      autoDeploy: true,
      throttle: { rateLimit: 20, burstLimit: 40 },
      accessLogSettings: {
        destination: new LogGroupLogDestination(accessLog),
        format: AccessLogFormat.custom(JSON.stringify(ACCESS_LOG)),
      },
    });
  }
}

function authorizer({ jwtIssuer, jwtAudience }: ApiProps['settings']): IHttpRouteAuthorizer {
  if (jwtIssuer === undefined || jwtAudience === undefined) return new HttpIamAuthorizer();
  return new HttpJwtAuthorizer('Jwt', jwtIssuer, { jwtAudience: [jwtAudience] });
}
