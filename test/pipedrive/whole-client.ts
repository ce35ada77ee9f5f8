import { pipedrive } from '../../functions/pipedrive/client.ts';
import { pipedriveHandOver } from '../../functions/pipedrive/hand-over-client.ts';

/** Both Pipedrive clients, as one. */
export const wholePipedrive = (options: Parameters<typeof pipedrive>[0]) => ({
  ...pipedrive(options),
  ...pipedriveHandOver(options),
});
