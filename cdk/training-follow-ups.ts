import { Construct } from 'constructs';
import type { Settings } from './settings.ts';
import type { Steps } from './steps.ts';
import type { Workflows } from './workflows.ts';

type TrainingFollowUpsProps = {
  steps: Steps;
  workflows: Workflows;
  settings: Pick<Settings, 'trainingDueDays'>;
};

/** Lets the end of an onboarding start the follow-up of its training. */
export class TrainingFollowUps extends Construct {
  constructor(scope: Construct, id: string, { steps, workflows, settings }: TrainingFollowUpsProps) {
    super(scope, id);
    const { trainingDueDays } = settings;
    if (trainingDueDays === undefined) return;
    const { fn, role } = steps.lambda('WorkflowConclude');
    const { stateMachineArn } = workflows.trainingFollowUp.stateMachine;
    fn.addEnvironment('TRAINING_FOLLOW_UP_STATE_MACHINE_ARN', stateMachineArn);
    fn.addEnvironment('TRAINING_DUE_DAYS', String(trainingDueDays));
    for (const statement of workflows.startOnlyAccess('training-follow-up')) role.addToPolicy(statement);
  }
}
