import { randomUUID } from 'node:crypto';
import * as z from 'zod/mini';
import type { HrDraft } from '../../functions/hr/differences.ts';
import { canonicalJson } from '../../functions/shared/canonical-json.ts';
import { HrEvent } from '../../functions/shared/events.ts';
import type { Plan } from '../../functions/shared/plan.ts';
import { counted } from '../../functions/shared/sentences.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { planLines } from './print-plan.ts';
import type { View } from './view.ts';

/** An event, and what it would change. */
export type Preview = {
  event: HrEvent;
  /** Null where nobody can tell. */
  plan: Plan | null;
  /** Why nobody can tell; null where the plan is there. */
  reason: string | null;
};

/** An event as the bus would carry it. */
export function eventOf({ type, detail }: HrDraft): HrEvent {
  const time = new Date().toISOString();
  return z.parse(HrEvent, { id: randomUUID(), source: 'hr', time, 'detail-type': type, detail });
}

/** Previews of a roster's events, each made once, so that what is played is what was shown. */
export class Previews {
  readonly #runtime: Pick<Runtime, 'plan'>;
  readonly #made = new Map<string, Preview>();

  constructor(runtime: Pick<Runtime, 'plan'>) {
    this.#runtime = runtime;
  }

  /** What an event would change now. It changes nothing. */
  async make(draft: HrDraft): Promise<Preview> {
    const event = eventOf(draft);
    const preview = await this.#runtime.plan(event).then(
      (plan) => ({ event, plan, reason: null }),
      (error: unknown) => ({ event, plan: null, reason: reasonOf(error) }),
    );
    this.#made.set(keyOf(draft), preview);
    return preview;
  }

  /** The preview that was made of an event; null where none was. */
  of(draft: HrDraft): Preview | null {
    return this.#made.get(keyOf(draft)) ?? null;
  }
}

/** The previews app by app, and how many of them change nothing. */
export function previewLines(previews: readonly Preview[], view: View): string[] {
  const nothing = previews.filter(({ plan }) => plan !== null && changesNothing(plan));
  const shown = previews.filter((preview) => !nothing.includes(preview));
  const lines = shown.flatMap(({ event, plan, reason }) =>
    plan === null
      ? [`${event['detail-type']} ${event.detail.employee.employeeId}: nobody can tell: ${reason}`]
      : planLines(plan, view),
  );
  return nothing.length === 0
    ? lines
    : [...lines, `Nothing to change in any app: ${counted(nothing.length, 'event')}`];
}

function changesNothing({ status, apps }: Plan): boolean {
  const isQuiet = ({ writes, followUps, held, failures, notKnown }: Plan['apps'][number]) =>
    [writes, followUps, held, failures, notKnown].every(({ length }) => length === 0);
  return status === 'go' && apps.every(isQuiet);
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}

const keyOf = ({ type, detail }: HrDraft) => canonicalJson({ type, detail });
