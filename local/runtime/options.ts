import type { App } from '../../functions/shared/apps.ts';
import type { Report } from '../../functions/shared/report.ts';
import type { Dialect } from '../../functions/vendor/dialect.ts';
import type { StepEnd, StepStart } from '../aws/engine.ts';
import type { DeliveredEvent } from '../aws/event-bus.ts';
import type { LeapingClock } from '../aws/leaping-clock.ts';
import type { ReceivedMessage } from '../aws/topic.ts';

export type RuntimeOptions = {
  /** The apps that are real: their base URLs are in the environment, their tokens in `secrets`. */
  realApps?: readonly App[];
  /** What the simulated apps speak; as their guides unless given. */
  dialect?: Dialect | undefined;
  /** Secret name → the secret's text. */
  secrets?: ReadonlyMap<string, string>;
  /** Where refreshed tokens of real apps are kept; they are forgotten when left out. */
  secretsFile?: string;
  /** Where tables and simulated vendors are kept between runs; in memory when left out. */
  stateDirectory?: string;
  /** Where files are written; `DEFAULT_FOLDER` unless given. */
  filesDirectory?: string;
  /** Whether runs that were not over when the process before ended go on. */
  resumes?: boolean;
  /** What the delays of Wait and Retry are multiplied by; 1 unless given. */
  delayScale?: number;
  /** Whether runs wait for their moment whatever `delayScale` is: with a real app, nobody is shut before their day. */
  keepsMoments?: boolean;
  /** For how many seconds an open login is tried again, before `delayScale`; 60 unless given. */
  giveUpAfterSeconds?: number;
  /** A clock that leaps where a state waits; Step Functions and the simulated vendors then go by it. */
  clock?: LeapingClock;
  /** After how many days training is overdue; 30 unless given. */
  trainingDueDays?: number;
  /** Who plays events here; left out where they stand for those of a bus. */
  cliUser?: string;
  onStepEnd?: (end: StepEnd) => void;
  onStepStart?: (start: StepStart) => void;
  /** Called when a run begins to wait for its moment, with how many milliseconds it waits. */
  onWait?: (ms: number, execution: string, timeZone: string | null) => void;
  /** Called with the report of each run that has ended. */
  onReport?: (report: Report, execution: string) => void;
  /** Called with each message to the topic of the alarms. */
  onMessage?: (message: ReceivedMessage) => void;
  /** Called with each event that tenure puts on its bus. */
  onBusEvent?: (event: DeliveredEvent) => void;
  /** Called with what a step made of an event on the bus. */
  onProcessed?: (step: string, status: string) => void;
  /** Called with why an event on the bus could not be processed. */
  onDeadLetter?: (reason: string) => void;
};
