import { AsyncLocalStorage } from 'node:async_hooks';
import * as z from 'zod/mini';

/** Who goes first when a vendor's limit is contended, the most urgent first. */
export type Priority = 'leaver' | 'joiner' | 'audit';

const WithWorkflow = z.object({ workflow: z.enum(['offboarding', 'onboarding']) });
const PRIORITIES = { offboarding: 'leaver', onboarding: 'joiner' } as const;

// Clients are made once per container, before the event is known, and the embedded runtime runs steps side by side.
const storage = new AsyncLocalStorage<Priority>();

/** Runs something with the priority of a step's event. An event that names no workflow comes last. */
export function withPriorityOf<T>(event: unknown, run: () => T): T {
  const { workflow } = z.safeParse(WithWorkflow, event).data ?? {};
  return storage.run(workflow === undefined ? 'audit' : PRIORITIES[workflow], run);
}

/** The priority of what is running. */
export function currentPriority(): Priority {
  return storage.getStore() ?? 'audit';
}
