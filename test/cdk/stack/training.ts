import { describe, expect, it } from 'vitest';
import * as z from 'zod/mini';
import { deployment, KEY, keyRights, listed, other, rightsOf } from './deployments.ts';

const { only, read } = deployment;

describe('the training follow-ups', () => {
  const FUNCTION = 'AWS::Lambda::Function';
  const conclude = only(FUNCTION, { FunctionName: 'tenure-dev-WorkflowConclude' });
  const machine = 'StateMachine tenure-dev-training-follow-up';

  it('are started by the end of an onboarding, which may start that state machine with its key, and no other', () => {
    const rights = rightsOf('WorkflowConclude');
    const starts = rights.filter(({ Action }) => Action.some((action) => action.startsWith('states:')));
    expect(listed(starts)).toEqual([`states:StartExecution ${machine}`]);
    expect(keyRights(rights).at(-1)).toEqual({
      Action: ['kms:Decrypt', 'kms:GenerateDataKey'],
      on: [KEY],
      Condition: {
        StringEquals: {
          'kms:ViaService': 'states.<Region>.amazonaws.com',
          'kms:EncryptionContext:aws:states:stateMachineArn': [
            'arn:<Partition>:states:<Region>:<AccountId>:stateMachine:tenure-dev-training-follow-up',
          ],
        },
      },
    });
  });

  it('are told where and when, and are none where that is not wanted', () => {
    const Variables = z.object({ Variables: z.record(z.string(), z.unknown()) });
    const variables = Variables.parse(conclude.Environment).Variables;
    expect(variables.TRAINING_DUE_DAYS).toBe('30');
    expect(read(variables.TRAINING_FOLLOW_UP_STATE_MACHINE_ARN)).toBe(machine);
    const without = other.only(FUNCTION, { FunctionName: 'tenure-prod-WorkflowConclude' });
    expect(Object.keys(Variables.parse(without.Environment).Variables)).not.toContain('TRAINING_DUE_DAYS');
    expect(JSON.stringify(other.access(without.Role))).not.toContain('states:');
  });
});
