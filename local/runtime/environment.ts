import { randomUUID } from 'node:crypto';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { LONGEST_WAIT_VARIABLE } from '../../functions/shared/events.ts';
import { logger } from '../../functions/shared/logger.ts';
import { TOPIC_VARIABLE } from '../../functions/shared/message.ts';
import { CLI_USER_VARIABLE } from '../../functions/shared/origin.ts';
import { GIVE_UP_VARIABLE, PATIENCE_SCALE_VARIABLE } from '../../functions/shared/trying.ts';
import { EVENT_BUS_NAME } from '../aws/event-bus.ts';
import { LONGEST_WAIT_DAYS } from '../aws/longest-wait.ts';
import { STATE_MACHINE_ARNS } from '../aws/step-functions.ts';
import { COORDINATION_TABLE, IDENTITY_TABLE } from '../aws/tables.ts';
import { TOPIC_ARN } from '../aws/topic.ts';
import { UsageError } from './usage-error.ts';

/** As in cdk.json. */
const DRATA_APPEARS_WITHIN_DAYS = 7;

/** @throws UsageError when the variable is no number of days, as cdk.json takes it */
function drataAppearsWithinDays(): number {
  const text = process.env.DRATA_APPEARS_WITHIN_DAYS || String(DRATA_APPEARS_WITHIN_DAYS);
  const days = Number(text);
  if (Number.isInteger(days) && days >= 1 && days <= 300) return days;
  throw new UsageError('DRATA_APPEARS_WITHIN_DAYS must be a number of days from 1 to 300.');
}

/** Where handlers find what they need. */
export type Places = {
  /** The access key that the stand-ins for AWS answer to. */
  accessKeyId: string;
  tablesUrl: string;
  secretsUrl: string;
  stepFunctionsUrl: string;
  busUrl: string;
  topicUrl: string;
  /** The base URLs of the simulated vendors, by environment variable. */
  baseUrls: Record<string, string>;
  filesDirectory: string;
  /** Where hand-overs are written down. */
  handOverDirectory: string;
  trainingDueDays: number;
  /** Whether runs wait for their moment on a timer of this process. */
  waitsInRealTime: boolean;
  /** Who plays events; undefined where they stand for those of a bus. */
  cliUser: string | undefined;
  /** What delays are multiplied by. */
  delayScale: number;
  /** For how many seconds an open login is tried again, before `delayScale`. */
  giveUpAfterSeconds: number;
};

/** Sets this process's environment as a deployment sets that of its Lambdas. */
export function setEnvironment(places: Places): void {
  Object.assign(process.env, {
    AWS_REGION: 'local',
    AWS_ACCESS_KEY_ID: places.accessKeyId,
    AWS_SECRET_ACCESS_KEY: randomUUID(),
    AWS_ENDPOINT_URL_DYNAMODB: places.tablesUrl,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: places.secretsUrl,
    AWS_ENDPOINT_URL_SFN: places.stepFunctionsUrl,
    AWS_ENDPOINT_URL_EVENTBRIDGE: places.busUrl,
    AWS_ENDPOINT_URL_SNS: places.topicUrl,
    EVENT_BUS_NAME,
    [TOPIC_VARIABLE]: TOPIC_ARN,
    IDENTITY_TABLE,
    ONBOARDING_STATE_MACHINE_ARN: STATE_MACHINE_ARNS.onboarding,
    OFFBOARDING_STATE_MACHINE_ARN: STATE_MACHINE_ARNS.offboarding,
    UPDATE_STATE_MACHINE_ARN: STATE_MACHINE_ARNS.update,
    DOCTOR_STATE_MACHINE_ARN: STATE_MACHINE_ARNS.doctor,
    TRAINING_FOLLOW_UP_STATE_MACHINE_ARN: STATE_MACHINE_ARNS['training-follow-up'],
    TRAINING_DUE_DAYS: String(places.trainingDueDays),
    DRATA_APPEARS_WITHIN_DAYS: String(drataAppearsWithinDays()),
    COORDINATION_TABLE,
    FILES_LOCATION: pathToFileURL(resolve(places.filesDirectory)).href,
    HAND_OVER_LOCATION: pathToFileURL(resolve(places.handOverDirectory)).href,
    [PATIENCE_SCALE_VARIABLE]: String(places.delayScale),
    [GIVE_UP_VARIABLE]: String(places.giveUpAfterSeconds),
    ...places.baseUrls,
    ...(places.waitsInRealTime ? { [LONGEST_WAIT_VARIABLE]: String(LONGEST_WAIT_DAYS) } : {}),
  });
  if (places.cliUser === undefined) delete process.env[CLI_USER_VARIABLE];
  else process.env[CLI_USER_VARIABLE] = places.cliUser;
  // Credentials of a real account must not be mixed with these.
  delete process.env.AWS_SESSION_TOKEN;
  delete process.env.AWS_PROFILE;
  // Standard output belongs to the command line.
  logger.setLogLevel('SILENT');
}
