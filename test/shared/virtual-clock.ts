export type VirtualClock = {
  now: () => number;
  sleep: (ms: number) => Promise<void>;
  /** Lets time pass until the work is done, in no time at all. */
  run: <T>(work: Promise<T>) => Promise<T>;
};

/** A clock that jumps from one sleeper's end to the next. */
export function virtualClock(start: number): VirtualClock {
  let now = start;
  let sleepers: { until: number; wake: () => void }[] = [];
  return {
    now: () => now,
    sleep: (ms) =>
      new Promise((wake) => {
        sleepers.push({ until: now + Math.max(0, ms), wake });
      }),
    run: async (work) => {
      let isDone = false;
      const done = () => {
        isDone = true;
      };
      work.then(done, done);
      for (;;) {
        // Everything that can go on without time passing does so first.
        await new Promise(setImmediate);
        const next = Math.min(...sleepers.map(({ until }) => until));
        if (isDone) return work;
        if (next === Number.POSITIVE_INFINITY) throw new Error('Everything waits, and nobody sleeps.');
        now = next;
        const due = sleepers.filter(({ until }) => until <= now);
        sleepers = sleepers.filter(({ until }) => until > now);
        for (const { wake } of due) wake();
      }
    },
  };
}
