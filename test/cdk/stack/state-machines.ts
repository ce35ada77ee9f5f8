import { describe, expect, it } from 'vitest';
import * as z from 'zod/mini';
import { loadStateMachine, STATE_MACHINES, stepNames } from '../../../state-machines/load.ts';
import { deployment, KEY, listed } from './deployments.ts';

const { only, read, access } = deployment;

describe.each(STATE_MACHINES)('the state machine %s', (machine) => {
  const properties = only('AWS::StepFunctions::StateMachine', { StateMachineName: `tenure-dev-${machine}` });

  it('has every placeholder filled with the Lambda of that name', () => {
    const substitutions = z.parse(z.record(z.string(), z.unknown()), properties.DefinitionSubstitutions);
    const expected = stepNames(loadStateMachine(machine)).map((name) => [
      name,
      `Function tenure-dev-${name}`,
    ]);
    expect(Object.entries(substitutions).map(([name, arn]) => [name, read(arn)])).toEqual(
      expect.arrayContaining(expected),
    );
    expect(Object.keys(substitutions)).toHaveLength(expected.length);
  });

  it('invokes exactly its steps', () => {
    expect(listed(access(properties.RoleArn))).toEqual(
      stepNames(loadStateMachine(machine))
        .map((name) => `lambda:InvokeFunction Function tenure-dev-${name}`)
        .sort(),
    );
  });

  it('is the definition in state-machines/', () => {
    expect(JSON.parse(String(properties.DefinitionString))).toEqual(loadStateMachine(machine));
    expect(properties.StateMachineType).toBe('STANDARD');
  });

  it('logs all events without their data, and forgets them', () => {
    expect(properties.LoggingConfiguration).toMatchObject({ Level: 'ALL', IncludeExecutionData: false });
    const { RetentionInDays } = only('AWS::Logs::LogGroup', {
      LogGroupName: `/aws/vendedlogs/states/tenure-dev-${machine}`,
    });
    expect(RetentionInDays).toBe(90);
  });

  it('is traced', () => expect(properties.TracingConfiguration).toEqual({ Enabled: true }));

  it("encrypts execution data with the customer's own key", () => {
    const Encryption = z.object({ Type: z.literal('CUSTOMER_MANAGED_KMS_KEY'), KmsKeyId: z.unknown() });
    expect(read(Encryption.parse(properties.EncryptionConfiguration).KmsKeyId)).toBe(KEY);
  });
});
