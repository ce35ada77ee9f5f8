import { requestOf } from '../runs/request.ts';
import { runSourcesFromEnvironment } from '../runs/run-sources.ts';
import { startRun } from '../runs/start-run.ts';
import { HrEvent } from '../shared/events.ts';
import { CLI_USER_VARIABLE, type Requester } from '../shared/origin.ts';
import { step } from '../shared/step.ts';

/**
 * Starts the run that an HR event asks for. It is no state of a run: EventBridge invokes it with the whole event.
 *
 * @throws InvalidInputError with every field that is wrong, so that the dead-letter queue holds the reason;
 *   TooManyAttemptsError; the SDK's errors, so that the event is sent again while Step Functions cannot take it.
 */
export const handler = step({
  name: 'WorkflowStart',
  client: runSourcesFromEnvironment,
  input: HrEvent,
  run: (sources, event) => startRun(sources, requestOf(event, Date.now(), cliUser())),
});

/** Who plays the event on the command line; undefined where it came over the bus. */
function cliUser(): Requester | undefined {
  const name = process.env[CLI_USER_VARIABLE];
  return name === undefined ? undefined : { via: 'cli', name };
}
