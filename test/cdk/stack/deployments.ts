import { PAGE_LAMBDA } from '../../../cdk/page.ts';
import { LAMBDA_NAMES } from '../../../cdk/tenure-stack.ts';
import { loadStateMachine, STATE_MACHINES, stepNames } from '../../../state-machines/load.ts';
import { type Statement, synthesize } from '../synthesize.ts';

export const deployment = synthesize({ driftwoodPasswordRotationDays: '30' });
const { all, lambda, read, access } = deployment;

export const HR_PRINCIPALS = ['arn:aws:iam::111122223333:role/hr-*', 'arn:aws:iam::111122223333:user/ann'];

export const ALARM_EMAIL = 'it@northlight.example';

// The same with everything else set that can be, and without the rotation.
export const other = synthesize({
  stage: 'prod',
  alarmEmail: ALARM_EMAIL,
  hrPrincipals: HR_PRINCIPALS.join(', '),
  jwtIssuer: 'https://id.northlight.example',
  jwtAudience: 'tenure',
  pageClientId: 'page',
  retainData: 'false',
  reconcileApps: 'pipedrive,drift',
  reconcileFix: 'leaver_can_log_in',
  complianceSyncAt: '',
  pipedriveMode: 'scim',
  pipedrivePlan: 'premium',
  pipedriveSeats: '12',
  trainingDueDays: '',
  baseUrls: JSON.stringify({ DRIFT_BASE_URL: 'https://drift.northlight.example' }),
});

// As little as a company has.
export const small = synthesize({ apps: 'drift', hrSources: 'roster' });

export const KEY = read({ Ref: all('AWS::KMS::Key')[0]?.[0] });
/** The Lambdas of a deployment without a page. */
export const WITHOUT_PAGE = LAMBDA_NAMES.filter((name) => name !== PAGE_LAMBDA);

export const STEPS = [...new Set(STATE_MACHINES.flatMap((machine) => stepNames(loadStateMachine(machine))))];

export const rightsOf = (name: string) => access(lambda(name).Role);

/** Each action with each resource, one line a right, without what every Lambda may do. */
export function listed(rights: readonly Statement[]): string[] {
  return rights
    .flatMap(({ Action, Resource: resources }) =>
      resources.flatMap((on) => Action.map((action) => `${action} ${on}`)),
    )
    .filter((line) => !/^(logs|xray|kms):/.test(line))
    .sort();
}

/** The uses of the key, but for what follows from the rows and files that a role may touch: rights.ts proves that. */
export function keyRights(rights: readonly Statement[]) {
  return rights
    .filter(({ Action }) => Action.some((action) => action.startsWith('kms:')))
    .filter(({ Condition }) => !/"(dynamodb|s3)\.<Region>/.test(JSON.stringify(Condition)))
    .map(({ Action, Resource: on, Condition }) => ({ Action: [...Action].sort(), on, Condition }));
}
