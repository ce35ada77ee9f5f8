import { expect, it, onTestFinished, vi } from 'vitest';
import {
  chatNotification,
  commandToRunAgain,
  type Message,
  publishFromEnvironment,
  writeMessage,
} from '../../functions/shared/message.ts';
import { startTopic, TOPIC_ARN } from '../../local/aws/topic.ts';

const MESSAGE: Message = {
  kind: 'trying',
  run: 'offboarding-E-1-0a',
  workflow: 'offboarding',
  employeeId: 'E-1',
  apps: ['pipedrive', 'drift'],
  reason: 'VendorUnavailableError: Drift findUser gave no answer within 10 s.',
  command: 'npm start -- run FILE',
};

it('names the employee, the apps, the run, the reason and the command that helps', () => {
  expect(writeMessage(MESSAGE)).toEqual({
    subject: 'tenure: The offboarding of employee E-1 in Pipedrive and Drift is tried again and again',
    text: [
      'The offboarding of employee E-1 in Pipedrive and Drift is tried again and again.',
      '',
      'Employee: E-1',
      'Run: offboarding-E-1-0a',
      'Apps: pipedrive, drift',
      'Reason: VendorUnavailableError: Drift findUser gave no answer within 10 s.',
      '',
      'What helps:',
      '  npm start -- run FILE',
    ].join('\n'),
  });
});

it('leads to the page, where there is one, in a mail and in a chat', () => {
  const page = 'https://abc.execute-api.eu-central-1.amazonaws.com/';
  const place = `${page}#/runs/offboarding-E-1-0a`;
  expect(writeMessage(MESSAGE, page).text).toContain(`\nPage: ${place}\n`);
  expect(chatNotification(MESSAGE, page)).toMatchObject({
    version: '1.0',
    source: 'custom',
    content: {
      title: 'The offboarding of employee E-1 in Pipedrive and Drift is tried again and again',
      description: MESSAGE.reason,
      nextSteps: [`Look at ${place}`, MESSAGE.command],
    },
    metadata: { threadId: MESSAGE.run, eventType: 'trying' },
  });
  expect(chatNotification(MESSAGE).content.nextSteps).toEqual([MESSAGE.command]);
});

it.each(['名'.repeat(200), 'E-1\nBcc: x', 'x'.repeat(300)])(
  'has a subject that SNS takes, whatever the id',
  (employeeId) => {
    expect(writeMessage({ ...MESSAGE, employeeId }).subject).toMatch(/^[\x21-\x7e][\x20-\x7e]{0,98}$/);
  },
);

it('is published to the topic, each by itself', async () => {
  const topic = await startTopic('key-1');
  onTestFinished(topic.close);
  const environment = {
    AWS_REGION: 'local',
    AWS_ACCESS_KEY_ID: 'key-1',
    AWS_SECRET_ACCESS_KEY: 'secret',
    AWS_ENDPOINT_URL_SNS: topic.url,
    ALARM_TOPIC_ARN: TOPIC_ARN,
  };
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
  const publish = publishFromEnvironment();
  await publish(MESSAGE);
  await publish({ ...MESSAGE, kind: 'held', apps: [] });
  expect(topic.messages.map(({ subject }) => subject)).toEqual([
    'tenure: The offboarding of employee E-1 in Pipedrive and Drift is tried again and again',
    'tenure: The offboarding of employee E-1 is held',
  ]);
  expect(topic.messages[0]).toEqual({ ...writeMessage(MESSAGE), kind: 'trying' });
});

it('offers a command that starts the execution with its own input again', () => {
  const arn = 'arn:aws:states:eu-central-1:111122223333:execution:tenure-prod-offboarding:offboarding-E-1-0a';
  expect(commandToRunAgain(arn)).toBe(
    `aws stepfunctions start-execution --state-machine-arn arn:aws:states:eu-central-1:111122223333:stateMachine:tenure-prod-offboarding --input "$(aws stepfunctions describe-execution --execution-arn ${arn} --query input --output text)"`,
  );
});

it('shows what would begin a line of its own, as an app may have sent it', () => {
  const reason = 'Its roles are: "Sales\r\nNothing differs: forged\u001b[2J"';
  const shown = String.raw`Its roles are: "Sales\u000d\u000aNothing differs: forged\u001b[2J"`;
  expect(writeMessage({ ...MESSAGE, reason }).text.split('\n')).toContain(`Reason: ${shown}`);
  expect(chatNotification({ ...MESSAGE, reason }).content.description).toBe(shown);
});
