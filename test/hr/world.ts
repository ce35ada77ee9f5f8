import * as z from 'zod/mini';
import type { HrDraft, Mode } from '../../functions/hr/differences.ts';
import { type EngineSources, rosterEngine, type Taken } from '../../functions/hr/engine.ts';
import { Policy } from '../../functions/hr/policy.ts';
import type { Worker } from '../../functions/hr/worker.ts';
import { HrEvent } from '../../functions/shared/events.ts';
import { logger } from '../../functions/shared/logger.ts';
import { memoryWorkerStore } from '../../local/hr-systems/memory-worker-store.ts';

export const POLICY = z.parse(Policy, {
  rules: [{ name: 'sales', when: { department: 'Sales' }, apps: ['pipedrive', 'drata'] }],
  default: { apps: ['drata'] },
  timeZones: { default: 'Europe/Berlin', locations: { 'New York': 'America/New_York' } },
  hires: { daysBefore: 2 },
  leavers: { atOnce: ['Misconduct'] },
  outOfScope: [{ name: 'board', department: 'Board' }],
});

/** An engine over memory, on a clock that stands until it is set. */
export function hrWorld(options: Partial<EngineSources> = {}) {
  logger.setLogLevel('SILENT');
  let now = Date.parse('2026-03-02T09:00:00Z');
  const put: HrDraft[] = [];
  const sources: EngineSources = {
    source: 'roster',
    store: memoryWorkerStore(),
    bus: async (events) => {
      put.push(...events);
    },
    policy: POLICY,
    now: () => now,
    ...options,
  };
  const engine = rosterEngine(sources);
  const readAt = () => new Date(now).toISOString();
  const readAll = (workers: readonly Worker[], mode: Mode = 'changes', isPlan = false): Promise<Taken> =>
    engine.takeAll(workers, {
      mode,
      readAt: readAt(),
      addresses: new Map(
        workers.flatMap(({ sourceId, workEmail }) => (workEmail == null ? [] : [[sourceId, workEmail]])),
      ),
      isPlan,
    });
  return {
    ...sources,
    engine,
    /** All that was put on the bus. */
    put,
    at: (instant: string) => {
      now = Date.parse(instant);
    },
    readAt,
    readAll,
    baseline: (workers: readonly Worker[]) => readAll(workers, 'baseline'),
    /** What one read of a record puts on the bus, in short. */
    read: async (worker: Worker) => shown(await engine.takeOne(worker, readAt())),
    readAllShown: async (workers: readonly Worker[], mode?: Mode) => shown(await readAll(workers, mode)),
  };
}

/** Events in short, once each is found to be one that tenure takes. */
export function shown({ events }: Taken): string[] {
  return events.map(({ type, detail }) => {
    const event = { id: 'x', source: 'hr', time: '2026-03-02T09:00:00Z', 'detail-type': type, detail };
    const parsed = z.parse(HrEvent, event);
    return [type, ...facts(parsed)].join(' ');
  });
}

function facts(event: HrEvent): string[] {
  const { detail } = event;
  const { employeeId, ...employee } = detail.employee;
  if (event['detail-type'] === 'employee.hired') {
    const { employee: hired, previousEmployeeId, apps } = event.detail;
    return [
      employeeId,
      hired.startDate,
      apps.map(({ app }) => app).join('+'),
      ...(previousEmployeeId ? [`was ${previousEmployeeId}`] : []),
    ];
  }
  if (event['detail-type'] === 'employee.terminated') {
    const { lastWorkingDay, timeZone, when, reassignTo } = event.detail;
    return [employeeId, lastWorkingDay, timeZone, when, ...(reassignTo ? [`to ${reassignTo}`] : [])];
  }
  return [employeeId, ...Object.entries(employee).map(([name, value]) => `${name}=${value}`)];
}

export const ann = (facts: Partial<Worker> = {}): Worker => ({
  sourceId: '17',
  employeeNumber: 'E-17',
  firstName: 'Ann',
  lastName: 'Lee',
  workEmail: 'ann.lee@northlight.example',
  title: 'Account Executive',
  department: 'Sales',
  location: 'Berlin',
  managerId: '1',
  startDate: '2026-04-01',
  lastDay: null,
  status: 'prehire',
  ...facts,
});
export const mara = (facts: Partial<Worker> = {}): Worker => ({
  sourceId: '1',
  employeeNumber: 'E-1',
  firstName: 'Mara',
  lastName: 'Lindqvist',
  workEmail: 'mara@northlight.example',
  title: 'Head of Sales',
  department: 'Sales',
  location: 'Berlin',
  startDate: '2020-01-01',
  lastDay: null,
  status: 'active',
  ...facts,
});
export const working = (facts: Partial<Worker> = {}) =>
  ann({ status: 'active', startDate: '2024-04-01', ...facts });
