import { ArnFormat, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { type IKey, Key } from 'aws-cdk-lib/aws-kms';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import {
  CustomerManagedEncryptionConfiguration,
  DefinitionBody,
  LogLevel,
  StateMachine,
  StateMachineType,
} from 'aws-cdk-lib/aws-stepfunctions';
import { Construct, type IConstruct } from 'constructs';
import { WORKFLOWS } from '../functions/shared/workflow.ts';
import { loadStateMachine, type StateMachineName } from '../state-machines/load.ts';
import { acknowledge } from './acknowledge.ts';
import { serviceHost } from './data.ts';
import type { RunAccess } from './step-needs.ts';
import type { Steps } from './steps.ts';

const RUN_RIGHTS: Record<RunAccess, readonly string[]> = {
  watch: ['states:DescribeExecution'],
  replace: ['states:DescribeExecution', 'states:StopExecution'],
  release: [],
  control: ['states:DescribeExecution', 'states:StopExecution', 'states:GetExecutionHistory'],
};

// Who has these holds the token of a run too, without which nothing can be done.
const MAY_RELEASE: readonly RunAccess[] = ['release', 'control'];

type WorkflowsProps = { prefix: string; key: IKey; steps: Steps };
type WorkflowProps = WorkflowsProps & { machine: StateMachineName };

/** The state machines. */
export class Workflows extends Construct {
  readonly onboarding: Workflow;
  readonly offboarding: Workflow;
  readonly update: Workflow;
  readonly reconciliation: Workflow;
  readonly complianceSync: Workflow;
  readonly trainingFollowUp: Workflow;
  readonly contactSync: Workflow;
  readonly doctor: Workflow;

  constructor(scope: Construct, id: string, { key: ownKey, ...others }: WorkflowsProps) {
    super(scope, id);
    // Without its policy, because CDK would let the delivery of logs decrypt all that the key has encrypted.
    const props = { ...others, key: Key.fromKeyArn(this, 'Key', ownKey.keyArn) };
    // https://docs.aws.amazon.com/step-functions/latest/dg/encryption-at-rest.html
    ownKey.addToResourcePolicy(
      new PolicyStatement({
        sid: 'DeliverLogs',
        principals: [new ServicePrincipal('delivery.logs.amazonaws.com')],
        actions: ['kms:Decrypt'],
        resources: ['*'],
        // The context under which the state machines' roles may encrypt what they log, and no other.
        conditions: { StringEquals: { 'kms:EncryptionContext:SourceArn': logsOf(this) } },
      }),
    );
    this.onboarding = new Workflow(this, 'Onboarding', { ...props, machine: 'onboarding' });
    this.offboarding = new Workflow(this, 'Offboarding', { ...props, machine: 'offboarding' });
    this.update = new Workflow(this, 'Update', { ...props, machine: 'update' });
    this.reconciliation = new Workflow(this, 'Reconciliation', { ...props, machine: 'reconciliation' });
    this.complianceSync = new Workflow(this, 'ComplianceSync', { ...props, machine: 'compliance-sync' });
    this.trainingFollowUp = new Workflow(this, 'TrainingFollowUp', {
      ...props,
      machine: 'training-follow-up',
    });
    this.doctor = new Workflow(this, 'Doctor', { ...props, machine: 'doctor' });
    this.contactSync = new Workflow(this, 'ContactSync', { ...props, machine: 'contact-sync' });
  }

  get all(): Record<StateMachineName, Workflow> {
    return {
      onboarding: this.onboarding,
      offboarding: this.offboarding,
      update: this.update,
      reconciliation: this.reconciliation,
      'compliance-sync': this.complianceSync,
      'training-follow-up': this.trainingFollowUp,
      'contact-sync': this.contactSync,
      doctor: this.doctor,
    };
  }

  /** The variables by which functions/runs/start-run.ts finds the state machines. */
  get environment(): Record<string, string> {
    return Object.fromEntries(
      WORKFLOWS.map((machine) => [stateMachineVariable(machine), this.all[machine].arn]),
    );
  }

  /** What a Lambda must be allowed to do to start executions of these. */
  startAccess(machines: readonly StateMachineName[]): PolicyStatement[] {
    // By reference, so that nothing starts a state machine before it is deployed.
    const resources = machines.map((machine) => this.all[machine].stateMachine.stateMachineArn);
    return [new PolicyStatement({ actions: ['states:StartExecution'], resources }), this.#onKey(machines)];
  }

  /** What a Lambda must be allowed to do to know of the runs of all workflows, to stop them, or to look into them. */
  runAccess(access: RunAccess): PolicyStatement[] {
    const resources = WORKFLOWS.map((machine) => this.all[machine].executionArns);
    const onExecutions = new PolicyStatement({ actions: [...RUN_RIGHTS[access]], resources });
    const release = new PolicyStatement({
      actions: ['states:SendTaskFailure', 'states:SendTaskSuccess'],
      // By name: the machine waits for the Lambdas that it invokes, and one of them has this right.
      resources: WORKFLOWS.map((machine) => this.all[machine].arn),
    });
    if (access === 'release') return [release, this.#onKey(WORKFLOWS)];
    if (MAY_RELEASE.includes(access)) return [onExecutions, release, this.#onKey(WORKFLOWS)];
    // How an execution stands is not encrypted.
    return access === 'watch' ? [onExecutions] : [onExecutions, this.#onKey(WORKFLOWS)];
  }

  /** What somebody must be allowed to do with the key to start a machine's executions. */
  useKeyOf(machine: StateMachineName): PolicyStatement {
    return this.#onKey([machine]);
  }

  /** Lets a role that has one of these rights name executions by a wildcard. */
  acknowledgeExecutions(role: IConstruct): void {
    for (const machine of WORKFLOWS) {
      const executions = `arn:<AWS::Partition>:states:<AWS::Region>:<AWS::AccountId>:execution:${this.all[machine].name}:*`;
      acknowledge(role, {
        [`AwsSolutions-IAM5[Resource::${executions}]`]:
          'An execution has its name only once it is started; all of them belong to this one state machine.',
      });
    }
  }

  // Step Functions uses the key with the caller's rights:
  // https://docs.aws.amazon.com/step-functions/latest/dg/encryption-at-rest.html
  #onKey(machines: readonly StateMachineName[]): PolicyStatement {
    return new PolicyStatement({
      actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
      resources: [this.onboarding.key.keyArn],
      conditions: {
        StringEquals: {
          'kms:ViaService': serviceHost(this, 'states'),
          'kms:EncryptionContext:aws:states:stateMachineArn': machines.map(
            (machine) => this.all[machine].arn,
          ),
        },
      },
    });
  }
}

function logsOf(scope: Construct): string {
  return Stack.of(scope).formatArn({ service: 'logs', resource: '*', arnFormat: ArnFormat.NO_RESOURCE_NAME });
}

/** The variable by which Lambdas find a state machine. */
export function stateMachineVariable(machine: StateMachineName): string {
  return `${machine.toUpperCase().replaceAll('-', '_')}_STATE_MACHINE_ARN`;
}

/** A state machine of state-machines/, with its log. */
export class Workflow extends Construct {
  readonly name: string;
  /** Made from the name: a reference would wait for the machine, which waits for the Lambdas that it invokes. */
  readonly arn: string;
  readonly stateMachine: StateMachine;
  readonly log: LogGroup;
  readonly key: IKey;
  /** The ARNs of all its executions, whose names are known only once they are started. */
  readonly executionArns: string;

  constructor(scope: Construct, id: string, { prefix, key, steps, machine }: WorkflowProps) {
    super(scope, id);
    this.name = `${prefix}-${machine}`;
    this.arn = Stack.of(this).formatArn({
      service: 'states',
      resource: 'stateMachine',
      resourceName: this.name,
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    });
    const arns = steps.arns(machine);
    this.key = key;
    this.log = new LogGroup(this, 'Log', {
      // Below this prefix AWS lets itself write without a resource policy per group, of which there are few.
      logGroupName: `/aws/vendedlogs/states/${this.name}`,
      retention: RetentionDays.THREE_MONTHS,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    // https://docs.aws.amazon.com/step-functions/latest/dg/procedure-create-iam-role.html#prevent-cross-service-confused-deputy
    const role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('states.amazonaws.com', {
        conditions: {
          StringEquals: { 'aws:SourceAccount': Stack.of(this).account },
          ArnLike: { 'aws:SourceArn': this.arn },
        },
      }),
    });
    this.stateMachine = new StateMachine(this, 'StateMachine', {
      stateMachineName: this.name,
      role,
      stateMachineType: StateMachineType.STANDARD,
      definitionBody: DefinitionBody.fromString(JSON.stringify(loadStateMachine(machine))),
      definitionSubstitutions: arns,
      // Execution data holds names and addresses, which belong into the encrypted history only.
      logs: { destination: this.log, level: LogLevel.ALL, includeExecutionData: false },
      tracingEnabled: true,
      encryptionConfiguration: new CustomerManagedEncryptionConfiguration(key),
    });
    this.stateMachine.addToRolePolicy(
      new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: Object.values(arns) }),
    );
    acknowledge(role, {
      'AwsSolutions-IAM5[Resource::*]':
        'X-Ray and the delivery of logs have no resources to name: they take * only.',
    });
    this.executionArns = Stack.of(this).formatArn({
      service: 'states',
      resource: 'execution',
      resourceName: `${this.name}:*`,
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    });
  }
}
