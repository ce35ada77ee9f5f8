export type Checks = {
  /** Runs one check; a failed one is printed and counted, and those after it still run. */
  check: (name: string, body: () => Promise<void>) => Promise<void>;
  /** Runs a check that all others rest on, and returns what they need of it. @throws PreparationFailed */
  prepare: <T extends object>(name: string, body: () => Promise<T>) => Promise<T>;
  passed: () => number;
  failed: () => number;
};

/** A check failed that all others rest on. It is printed and counted already. */
export class PreparationFailed extends Error {
  override readonly name = 'PreparationFailed';
}

/** @param signal ends the checks: none begins once it is aborted. */
export function startChecks(signal: AbortSignal): Checks {
  let passed = 0;
  let failed = 0;
  /** Whether the body came to its end. */
  const run = async (name: string, body: () => Promise<void>): Promise<boolean> => {
    if (signal.aborted) return false;
    const startedAt = performance.now();
    try {
      await body();
      passed += 1;
      console.log(`  ok      ${name} (${seconds(performance.now() - startedAt)})`);
      return true;
    } catch (error) {
      if (signal.aborted) return false;
      failed += 1;
      console.log(`  FAILED  ${name}`);
      console.log(indented(error instanceof Error ? error.message : String(error)));
      return false;
    }
  };
  return {
    check: async (name, body) => {
      await run(name, body);
    },
    prepare: async (name, body) => {
      const results: Awaited<ReturnType<typeof body>>[] = [];
      const isReady = await run(name, async () => {
        results.push(await body());
      });
      const [result] = results;
      if (!isReady || result === undefined) throw new PreparationFailed(name);
      return result;
    },
    passed: () => passed,
    failed: () => failed,
  };
}

/** A duration in milliseconds for a person. */
export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

function indented(text: string): string {
  return text.replaceAll(/^/gm, '          ');
}
