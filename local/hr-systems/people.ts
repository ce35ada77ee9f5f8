/** A person as a simulated HR system keeps them; each system shows it in its own words. */
export type HrPerson = {
  id: string;
  number: string;
  firstName: string;
  lastName: string;
  workEmail: string | null;
  title: string;
  department: string;
  location: string;
  type: string;
  managerId: string | null;
  startDate: string;
  lastDay: string | null;
};

/** A webhook as it is sent. */
export type HrWebhook = { path: string; headers: Record<string, string>; body: string };

type Change = { effective: string; id: string; facts: Partial<HrPerson>; announced: boolean };

/**
 * The records behind a simulated HR system. Facts that have a history count from their day on, and are told on that day;
 * a last day is such a fact, and taking it back tells nobody.
 *
 * @param now in epoch milliseconds.
 */
export function hrRecords(
  now: () => number,
  tell: (kind: 'created' | 'updated' | 'deleted', id: string) => void,
) {
  const people = new Map<string, HrPerson>();
  const changedAt = new Map<string, { at: number; action: 'Inserted' | 'Updated' | 'Deleted' }>();
  const changes: Change[] = [];
  const today = () => new Date(now()).toISOString().slice(0, 10);
  const note = (id: string, action: 'Inserted' | 'Updated' | 'Deleted') =>
    changedAt.set(id, { at: now(), action });

  /** What has come into effect by today is told now. */
  const settle = () => {
    for (const change of changes) {
      if (change.announced || change.effective > today()) continue;
      change.announced = true;
      const person = people.get(change.id);
      if (person === undefined) continue;
      Object.assign(person, change.facts);
      note(change.id, 'Updated');
      tell('updated', change.id);
    }
  };

  return {
    settle,
    today,
    all: () => [...people.values()],
    find: (id: string) => people.get(id),
    /** A last day that is still to come, with the title and the rest as they are today. */
    futureLastDay: (id: string) =>
      changes.findLast(({ id: other, facts, announced }) => other === id && 'lastDay' in facts && !announced)
        ?.facts.lastDay,
    changedSince: (since: number) => [...changedAt].filter(([, { at }]) => at >= since),
    /** Puts somebody in as if they had been there before anybody looked. */
    seed: (person: HrPerson) => {
      people.set(person.id, { ...person });
    },
    hire: (person: HrPerson) => {
      people.set(person.id, { ...person });
      note(person.id, 'Inserted');
      tell('created', person.id);
      // A creation is told as a change too.
      tell('updated', person.id);
    },
    change: (id: string, facts: Partial<HrPerson>, effective = today()) => {
      changes.push({ id, facts, effective, announced: false });
      settle();
    },
    /** Takes back a last day: the entry goes, and nobody is told. */
    rescind: (id: string) => {
      for (const change of changes)
        if (change.id === id && 'lastDay' in change.facts) change.announced = true;
      const person = people.get(id);
      if (person === undefined) return;
      person.lastDay = null;
      note(id, 'Updated');
    },
    remove: (id: string) => {
      people.delete(id);
      note(id, 'Deleted');
      tell('deleted', id);
    },
  };
}
export type HrRecords = ReturnType<typeof hrRecords>;
