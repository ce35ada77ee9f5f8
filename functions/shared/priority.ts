import { AsyncLocalStorage } from 'node:async_hooks';
import * as z from 'zod/mini';
import { Workflow } from './workflow.ts';

/** Who goes first when a vendor's limit is contended, the most urgent first. A `leaver` still has a login to shut. */
export type Priority = 'leaver' | 'joiner' | 'handOver' | 'audit';

const WithPriority = z.union([
  // Only what has to do with a hand-over is told who takes over.
  z.pipe(
    z.object({ workflow: z.literal('offboarding'), reassignTo: z.nullable(z.unknown()) }),
    z.transform((): Priority => 'handOver'),
  ),
  z.pipe(
    z.object({ workflow: Workflow }),
    z.transform(({ workflow }): Priority => (workflow === 'offboarding' ? 'leaver' : 'joiner')),
  ),
  // A visitor waits in the chat, or a leaver has a login again.
  z.pipe(
    z.object({ 'detail-type': z.literal('webhook.received') }),
    z.transform((): Priority => 'joiner'),
  ),
]);

// Clients are made once per container, before the event is known, and the embedded runtime runs steps side by side.
const storage = new AsyncLocalStorage<Priority>();

/** Runs something with the priority of a step's event. What is neither a joiner, a leaver nor a webhook comes last. */
export function withPriorityOf<T>(event: unknown, run: () => T): T {
  return storage.run(z.safeParse(WithPriority, event).data ?? 'audit', run);
}

/** The priority of what is running. */
export function currentPriority(): Priority {
  return storage.getStore() ?? 'audit';
}
