import { readFileSync } from 'node:fs';
import { expect, vi } from 'vitest';
import * as z from 'zod/mini';
import type { App } from '../functions/shared/apps.ts';
import { HrEvent } from '../functions/shared/events.ts';
import type { Report } from '../functions/shared/report.ts';
import { startRuntime } from '../local/runtime/runtime.ts';
import { allSimulated } from '../local/vendors/start-vendors.ts';
import { stubWideLimits } from './wide-limits.ts';

// Every call counts against a limit that thousands of executions share, so test/<app>/vendor-calls.test.ts lists each
// one. Where there is more than the vendor's guide asks for, the line says what for.

/** What a run of a sample event cost at one app. */
export type Costs = {
  /** The calls that the app received, in order; ids are left out, and a call repeated in a row stands once with its count. */
  calls: string[];
  /** The app's part of the report. */
  reported: Report['apps'][number] | undefined;
};

export const JOINER = '1-zoe-is-hired.json';
export const JOINER_AGAIN = '2-kenji-is-hired-again.json';
export const LEAVER = '3-ann-leaves.json';

/** Plays a file of events/ on a new company, with some of its detail replaced. Its run has to be complete. */
export async function costsOf(app: App, sample: string, detail: object = {}): Promise<Costs> {
  stubWideLimits(vi.stubEnv);
  const runtime = await startRuntime({ delayScale: 0.0005 });
  try {
    const vendors = allSimulated(runtime.vendors);
    // Three deals of Ann's, on one page.
    const { state } = vendors.pipedrive;
    state.deals = state.deals.filter(({ id }) => id < 1003 || id >= 1200);
    const event = JSON.parse(readFileSync(new URL(`../events/${sample}`, import.meta.url), 'utf8'));
    const changed = { ...event, detail: { ...event.detail, apps: [{ app }], ...detail } };
    const report = await runtime.play(z.parse(HrEvent, changed));
    expect(report.status).toBe('complete');
    const calls = inShort(vendors[app].journal);
    return { calls, reported: report.apps.find((candidate) => candidate.app === app) };
  } finally {
    await runtime.close();
    vi.unstubAllEnvs();
  }
}

function inShort(journal: readonly { surface: string; method: string; path: string }[]): string[] {
  const runs: { call: string; count: number }[] = [];
  for (const { surface, method, path } of journal) {
    const call = `${surface} ${method} ${path.replaceAll(/\/(?=[^/]*\d)[\w-]+/g, '/{id}')}`;
    const last = runs.at(-1);
    if (last?.call === call) last.count += 1;
    else runs.push({ call, count: 1 });
  }
  return runs.map(({ call, count }) => (count === 1 ? call : `${call} ×${count}`));
}
