import { RemovalPolicy, Stack } from 'aws-cdk-lib';
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
import { ManagedPolicy, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import * as z from 'zod/mini';
import { acknowledge } from './acknowledge.ts';
import { Lambda, type LambdaDefaults } from './lambda.ts';
import type { Settings } from './settings.ts';

type ApiProps = {
  defaults: LambdaDefaults;
  settings: Pick<Settings, 'jwtIssuer' | 'jwtAudience' | 'scopes'>;
};

/** What a caller may do: look, ask for runs, decide about held ones, or change who is who. */
export const SCOPES = ['read', 'run', 'approve', 'admin'] as const;
export type Scope = (typeof SCOPES)[number];

/** The Lambda that works out plans for the API. */
export const PLAN_LAMBDA = 'ApiPlan';

// As functions/api/app.ts and settings-route.ts have them.
export const ROUTES: readonly [HttpMethod, string, Scope][] = [
  // It reads the apps for the caller, and uses up their limits.
  [HttpMethod.POST, '/plans', 'run'],
  [HttpMethod.POST, '/onboardings', 'run'],
  [HttpMethod.POST, '/offboardings', 'run'],
  [HttpMethod.GET, '/runs', 'read'],
  [HttpMethod.GET, '/runs/{name}', 'read'],
  [HttpMethod.GET, '/runs/{name}/evidence', 'read'],
  [HttpMethod.DELETE, '/runs/{name}', 'run'],
  [HttpMethod.POST, '/runs/release', 'approve'],
  [HttpMethod.POST, '/runs/{name}/release', 'approve'],
  [HttpMethod.POST, '/runs/{name}/reject', 'approve'],
  [HttpMethod.GET, '/follow-ups', 'read'],
  [HttpMethod.POST, '/follow-ups/{id}/done', 'run'],
  [HttpMethod.GET, '/doctor', 'read'],
  [HttpMethod.POST, '/doctor', 'admin'],
  [HttpMethod.GET, '/settings', 'read'],
  [HttpMethod.GET, '/findings', 'read'],
  [HttpMethod.POST, '/findings/{id}/accept', 'approve'],
  [HttpMethod.POST, '/findings/{id}/withdraw', 'approve'],
  [HttpMethod.POST, '/findings/{id}/assign', 'admin'],
  [HttpMethod.GET, '/employees/{employeeId}', 'read'],
  [HttpMethod.DELETE, '/employees/{employeeId}', 'admin'],
  [HttpMethod.POST, '/employees/{employeeId}/takeover', 'admin'],
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
  /** Works out what a run would change. */
  readonly planner: Lambda;
  /** Answers the one route that removes people. */
  readonly erasure: Lambda;
  /** Answers the one route that tells how tenure is set up. */
  readonly settings: Lambda;

  constructor(scope: Construct, id: string, { defaults, settings }: ApiProps) {
    super(scope, id);
    this.handler = new Lambda(this, 'ApiHandler', {
      ...defaults,
      // API Gateway waits 30 seconds at the most.
      timeoutSeconds: 29,
    });
    // The API waits for it.
    this.planner = new Lambda(this, PLAN_LAMBDA, { ...defaults, timeoutSeconds: 26 });
    this.httpApi = new HttpApi(this, 'HttpApi', {
      apiName: `${defaults.prefix}-api`,
      createDefaultStage: false,
      defaultAuthorizer: authorizer(settings),
    });
    this.erasure = new Lambda(this, 'ApiErase', {
      ...defaults,
      timeoutSeconds: 29,
      logGroup: this.handler.logGroup,
    });
    this.settings = new Lambda(this, 'ApiSettings', {
      ...defaults,
      timeoutSeconds: 29,
      logGroup: this.handler.logGroup,
    });
    // One permission for the API instead of one a route: a stack holds 500 resources at the most.
    const integration = new HttpLambdaIntegration('Handler', this.handler.fn, {
      scopePermissionToRoute: false,
    });
    const erasureIntegration = new HttpLambdaIntegration('Erasure', this.erasure.fn);
    const settingsIntegration = new HttpLambdaIntegration('Settings', this.settings.fn);
    const integrationOf = (method: HttpMethod, path: string) => {
      if (isErasure(method, path)) return erasureIntegration;
      return path === '/settings' ? settingsIntegration : integration;
    };
    // Only a token has scopes. Whoever signs with AWS credentials has them by the policies below.
    const names = settings.jwtIssuer === undefined ? undefined : settings.scopes;
    for (const [method, path, scope] of ROUTES)
      this.httpApi.addRoutes({
        ...{ path, methods: [method] },
        integration: integrationOf(method, path),
        ...(names === undefined ? {} : { authorizationScopes: [names[scope]] }),
      });
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
    for (const scope of SCOPES) this.#policy(scope, defaults.prefix);
  }

  /** Lets whoever it is attached to call the routes of a scope with AWS credentials. */
  #policy(scope: Scope, prefix: string): void {
    const routes = ROUTES.filter(([, , needed]) => needed === scope);
    const paths = routes.map(
      ([method, path]) => `${this.stage.stageName}/${method}${path.replaceAll(/\{\w+\}/g, '*')}`,
    );
    const arnOf = (path: string) =>
      Stack.of(this).formatArn({ service: 'execute-api', resource: this.httpApi.apiId, resourceName: path });
    const policy = new ManagedPolicy(this, `May${scope}`, {
      managedPolicyName: `${prefix}-${scope}`,
      description: `Lets call the routes of ${prefix} that need the scope ${scope}`,
      statements: [new PolicyStatement({ actions: ['execute-api:Invoke'], resources: paths.map(arnOf) })],
    });
    const { Ref: id } = z.parse(z.object({ Ref: z.string() }), Stack.of(this).resolve(this.httpApi.apiId));
    const api = `arn:<AWS::Partition>:execute-api:<AWS::Region>:<AWS::AccountId>:<${id}>`;
    for (const path of paths.filter((one) => one.includes('*')))
      acknowledge(policy, {
        [`AwsSolutions-IAM5[Resource::${api}/${path}]`]:
          'Which run or employee it is, is known with the call.',
      });
  }
}

const isErasure = (method: HttpMethod, path: string) =>
  method === HttpMethod.DELETE && path === '/employees/{employeeId}';

function authorizer({ jwtIssuer, jwtAudience }: ApiProps['settings']): IHttpRouteAuthorizer {
  if (jwtIssuer === undefined || jwtAudience === undefined) return new HttpIamAuthorizer();
  return new HttpJwtAuthorizer('Jwt', jwtIssuer, { jwtAudience: [jwtAudience] });
}
