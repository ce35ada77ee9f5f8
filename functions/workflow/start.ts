import * as z from 'zod/mini';
import { requestOf } from '../runs/request.ts';
import { runSourcesFromEnvironment } from '../runs/run-sources.ts';
import { startRun } from '../runs/start-run.ts';
import { HrEvent } from '../shared/events.ts';
import { logger } from '../shared/logger.ts';
import { CLI_USER_VARIABLE, type Origin, type Requester } from '../shared/origin.ts';
import { parseAs, step } from '../shared/step.ts';
import { unknownFieldsOfEvent } from '../shared/unknown-fields.ts';

const NAME = 'WorkflowStart';

// A report has to stay short enough for its row.
const MOST_NAMED = 20;

/**
 * Starts the run that an HR event asks for. It is no state of a run: EventBridge invokes it with the whole event.
 *
 * @throws InvalidInputError with every field that is wrong, so that the dead-letter queue holds the reason;
 *   TooManyAttemptsError; the SDK's errors, so that the event is sent again while Step Functions cannot take it.
 */
export const handler = step({
  name: NAME,
  client: runSourcesFromEnvironment,
  input: z.unknown(),
  run: (sources, received) => {
    const event = parseAs(NAME, HrEvent, received);
    const request = requestOf(event, Date.now(), cliUser());
    return startRun(sources, { ...request, origin: withUnknownFields(request.origin, received, event) });
  },
});

/** HR systems may send more than is needed, so what tenure does not know is told and does no harm. */
function withUnknownFields(origin: Origin, received: unknown, { detail }: HrEvent): Origin {
  const unknownFields = unknownFieldsOfEvent(received)
    .slice(0, MOST_NAMED)
    .map(({ path }) => path.join('.'));
  if (unknownFields.length === 0) return origin;
  const { employeeId } = detail.employee;
  logger.warn('event with unknown fields', { eventId: origin.id, employeeId, unknownFields });
  return { ...origin, unknownFields };
}

/** Who plays the event on the command line; undefined where it came over the bus. */
function cliUser(): Requester | undefined {
  const name = process.env[CLI_USER_VARIABLE];
  return name === undefined ? undefined : { via: 'cli', name };
}
