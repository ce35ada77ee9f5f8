import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { PASSWORD_SECRET } from '../functions/driftwood/password-secret.ts';
import { AlarmTopic } from './alarm-topic.ts';
import { Alarms } from './alarms.ts';
import { Api, PLAN_LAMBDA } from './api.ts';
import { CutOffRuns } from './cut-off-runs.ts';
import { Dashboard } from './dashboard.ts';
import { Data } from './data.ts';
import { DriftwoodPassword, ROTATION_LAMBDA } from './driftwood-password.ts';
import { grantNeeds } from './grant-needs.ts';
import { HourlyComplianceSync } from './hourly-compliance-sync.ts';
import { HrBus } from './hr-bus.ts';
import { HR_LAMBDAS, HrSources } from './hr-sources.ts';
import type { LambdaDefaults } from './lambda.ts';
import { LogMetrics } from './log-metrics.ts';
import { NightlyReconciliation } from './nightly-reconciliation.ts';
import { PAGE_LAMBDA, WebPage } from './page.ts';
import type { Settings } from './settings.ts';
import { STEP_NAMES, Steps } from './steps.ts';
import { VendorSecrets } from './vendor-secrets.ts';
import { WEBHOOK_LAMBDAS, Webhooks } from './webhooks.ts';
import { Workflows } from './workflows.ts';

type TenureStackProps = StackProps & {
  settings: Settings;
  /** The folder in which `bundleLambdas` has put all of `LAMBDA_NAMES`. */
  bundles: string;
};

/** Every Lambda of the stack: the steps, the two that start runs, the one that plans them, those that forget people and tell the settings, those of the webhooks, the rotation of a password, and the page. */
export const LAMBDA_NAMES: readonly string[] = [
  ...STEP_NAMES,
  'WorkflowStart',
  'ApiHandler',
  PLAN_LAMBDA,
  'ApiErase',
  'ApiSettings',
  ...WEBHOOK_LAMBDAS,
  ...HR_LAMBDAS,
  ROTATION_LAMBDA,
  PAGE_LAMBDA,
];

/** The whole deployment: an event or a request comes in, a state machine runs its steps, the tables remember. */
export class TenureStack extends Stack {
  constructor(scope: Construct, id: string, { settings, bundles, ...props }: TenureStackProps) {
    super(scope, id, props);
    const { retainData, alarmEmail, apps } = settings;
    const prefix = `tenure-${settings.stage}`;
    const defaults: LambdaDefaults = { prefix, bundles };

    const data = new Data(this, 'Data', { prefix, retainData, reportDays: settings.reportDays });
    const secrets = new VendorSecrets(this, 'Secrets', { key: data.key, retainData, apps });
    const steps = new Steps(this, 'Steps', defaults);
    const workflows = new Workflows(this, 'Workflows', { prefix, key: data.key, steps });
    const hrBus = new HrBus(this, 'Hr', { defaults, data, retainData, settings });
    new NightlyReconciliation(this, 'Nightly', { prefix, workflows, hrBus, settings });
    new HourlyComplianceSync(this, 'Compliance', { prefix, workflows, hrBus, settings });
    const api = new Api(this, 'Api', { defaults, settings });
    const page = new WebPage(this, 'Page', { defaults, api, settings });
    const webhooks = new Webhooks(this, 'Webhooks', {
      defaults,
      data,
      hrBus,
      api,
      retainData,
      perSecond: settings.webhooksPerSecond,
      apps,
    });
    const hrSources = new HrSources(this, 'HrSources', {
      defaults,
      data,
      hrBus,
      api,
      retainData,
      perSecond: settings.webhooksPerSecond,
      sources: settings.hrSources,
    });
    const password = apps.includes('driftwood')
      ? new DriftwoodPassword(this, 'DriftwoodPassword', { defaults, data, settings })
      : undefined;
    const secretArns = new Map([
      ...secrets.arns,
      ...webhooks.secretArns,
      ...hrSources.secretArns,
      ...(password === undefined ? [] : [[PASSWORD_SECRET, password.secretArn] as const]),
    ]);
    const topic = new AlarmTopic(this, 'AlarmTopic', { prefix, key: data.key, email: alarmEmail });
    grantNeeds(this, {
      data,
      secretArns,
      workflows,
      hrBus,
      topic,
      pageUrl: page.url,
      planner: api.planner,
      settings,
    });
    const logMetrics = new LogMetrics(this, 'LogMetrics', {
      namespace: prefix,
      steps,
      webhooks,
      hrSources,
      rotation: password?.rotation,
    });
    const { deadLetters } = hrBus;
    const cutOffRuns = new CutOffRuns(this, 'CutOffRuns', { prefix, key: data.key, topic, workflows });
    const alarms = new Alarms(this, 'Alarms', {
      prefix,
      topic,
      workflows,
      cutOffRuns,
      deadLetters,
      logMetrics,
    });
    new Dashboard(this, 'Dashboard', { prefix, alarms, logMetrics, workflows, hrBus, api });

    const outputs = {
      ApiUrl: api.stage.url,
      EventBusName: hrBus.bus.eventBusName,
      OnboardingStateMachineArn: workflows.onboarding.stateMachine.stateMachineArn,
      OffboardingStateMachineArn: workflows.offboarding.stateMachine.stateMachineArn,
      UpdateStateMachineArn: workflows.update.stateMachine.stateMachineArn,
      ReconciliationStateMachineArn: workflows.reconciliation.stateMachine.stateMachineArn,
      ComplianceSyncStateMachineArn: workflows.complianceSync.stateMachine.stateMachineArn,
      TrainingFollowUpStateMachineArn: workflows.trainingFollowUp.stateMachine.stateMachineArn,
      ContactSyncStateMachineArn: workflows.contactSync.stateMachine.stateMachineArn,
      DoctorStateMachineArn: workflows.doctor.stateMachine.stateMachineArn,
      IdentityTableName: data.identityTable.tableName,
      FilesBucketName: data.filesBucket.bucketName,
      DeadLetterQueueUrl: deadLetters.queue.queueUrl,
    };
    for (const [name, value] of Object.entries(outputs)) new CfnOutput(this, name, { value });
  }
}
