import { HttpMethod, HttpNoneAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { Construct } from 'constructs';
import { PAGE_VARIABLE, type PageSettings } from '../functions/web/settings.ts';
import { acknowledge } from './acknowledge.ts';
import type { Api } from './api.ts';
import { Lambda, type LambdaDefaults } from './lambda.ts';
import type { Settings } from './settings.ts';

type WebPageProps = {
  defaults: LambdaDefaults;
  api: Api;
  settings: Pick<Settings, 'jwtIssuer' | 'scopes' | 'pageClientId' | 'pageScope' | 'pageAudience'>;
};

/** The Lambda that serves the page. */
export const PAGE_LAMBDA = 'WebHandler';

/**
 * The page for people, at the API's own address, where they can sign in. Its Lambda may do nothing: what the page shows, it
 * asks of the API with the token of whoever looks.
 */
export class WebPage extends Construct {
  /** Where it is; undefined where nobody can sign in. */
  readonly url: string | undefined;

  constructor(scope: Construct, id: string, { defaults, api, settings }: WebPageProps) {
    super(scope, id);
    const { jwtIssuer: issuer, pageClientId: clientId, scopes, pageScope, pageAudience } = settings;
    if (issuer === undefined || clientId === undefined) return;
    this.url = api.stage.url;
    const page = new Lambda(this, PAGE_LAMBDA, { ...defaults, timeoutSeconds: 10 });
    const told: PageSettings = {
      issuer,
      clientId,
      scopes,
      scope: pageScope ?? ['openid', ...Object.values(scopes)].join(' '),
      audience: pageAudience ?? null,
    };
    page.fn.addEnvironment(PAGE_VARIABLE, JSON.stringify(told));
    const integration = new HttpLambdaIntegration('Page', page.fn, { scopePermissionToRoute: false });
    for (const path of ['/', '/assets/{file}'])
      for (const route of api.httpApi.addRoutes({
        ...{ path, methods: [HttpMethod.GET], integration },
        authorizer: new HttpNoneAuthorizer(),
      }))
        acknowledge(route, {
          'AwsSolutions-APIG4':
            'The files of the page are the same for everybody, and hold nothing of anybody.',
        });
  }
}
