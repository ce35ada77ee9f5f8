import { type ChildProcess, fork } from 'node:child_process';
import { setTimeout as wait } from 'node:timers/promises';
import { APPS, type App } from '../../functions/shared/apps.ts';
import { FromTenure, FromVendors, leaverEmail, type Request, type Shut, type Vendors } from './messages.ts';
import { callsUntilShut, replay, slowestOf } from './own-calls.ts';

/** What is measured: so many leavers at once, and the app that never answers, if any. */
export type Series = {
  leavers: number;
  latencyMs: number;
  hanging: App | null;
  /** For how many at once the slowest app's own calls are sent; one where more would be over its limit. */
  peers: number;
  /** The environment of both processes, which may set other limits. */
  environment: Record<string, string>;
};

/** What one series showed. Times are in milliseconds from the events on. */
export type Measured = {
  series: Series;
  /** When the last login of each leaver was shut, of those that were, without those of the app that hangs. */
  lastShut: number[];
  /** When each leaver's login in an app was shut. */
  shutByApp: Record<string, number[]>;
  /** The calls of each app until a login is shut there. */
  calls: Record<string, number>;
  slowest: App;
  /** How long the slowest app's own calls take, for each of `peers`. */
  ownCalls: number[];
  /** After how long a step gave up on the app that hangs. */
  gaveUp: number[];
  /** The errors of steps and starts besides, and how many there were of each. */
  failed: Record<string, number>;
  /** How many cores tenure's process kept busy until the last login was shut. */
  cores: number;
};

const LONGEST_MS = 600_000;
const LOOK_EVERY_MS = 20;

/**
 * Plays one series: first one leaver alone, who warms everything up and shows each app's own calls, then the calls of
 * the slowest app alone, then all leavers at once.
 *
 * @throws Error when one of its processes ends.
 */
export async function play(series: Series): Promise<Measured> {
  const { leavers, latencyMs, hanging, peers, environment } = series;
  // Number 0 leaves alone.
  const vendorsProcess = start('vendors.ts', [String(leavers + 1), String(latencyMs)], environment);
  const tenure = start('tenure.ts', [], environment);
  const heard = listen(vendorsProcess, tenure);
  const until = untilFrom(heard);
  try {
    const vendors = await until('the vendors', () => heard.vendors);
    tenure.send(vendors);
    await until('the runtime', () => heard.isReady);

    tenure.send({ from: 0, to: 1 });
    await until('the leaver who leaves alone', () => heard.shut.length === APPS.length || undefined);
    vendorsProcess.send({ order: 'requests' });
    const requests = await until('the requests', () => heard.requests);
    const { ownerCheckedAt = 0 } = heard;
    const calls = callsUntilShut(
      // What asks for the new owner shuts nobody.
      requests.filter(({ at }) => at > ownerCheckedAt),
      heard.shut,
    );
    const slowest = slowestOf(calls);
    const ownCalls = await replay(calls.get(slowest) ?? [], peers, vendors);

    if (hanging !== null) {
      vendorsProcess.send({ order: 'hang', app: hanging });
      await until('the app that hangs', () => heard.hangs);
    }
    const wanted = APPS.filter((app) => app !== hanging).length * leavers;
    heard.handedOverAt = undefined;
    heard.gaveUp.length = 0;
    tenure.send({ from: 1, to: leavers + 1 });
    await until('the last login', () => loginsOfAll(heard, hanging).length === wanted || undefined);
    tenure.send('cpu');
    const cpuMs = await until('the use of the processor', () => heard.cpuMs);
    const { handedOverAt = 0 } = heard;
    const elapsedMs = Date.now() - handedOverAt;
    const gaveUp = () => heard.gaveUp.filter(({ app }) => app === hanging);
    if (hanging !== null) await until('a step that gives up', () => gaveUp().length > 0 || undefined);
    return {
      series,
      ...shutTimes(loginsOfAll(heard, hanging), handedOverAt),
      calls: Object.fromEntries([...calls].map(([app, requests]) => [app, requests.length])),
      slowest,
      ownCalls,
      gaveUp: gaveUp().map(({ ms }) => ms),
      failed: counted(heard.failed),
      cores: cpuMs / elapsedMs,
    };
  } finally {
    vendorsProcess.kill();
    tenure.kill();
  }
}

type Heard = {
  vendors?: Vendors;
  requests?: Request[];
  hangs?: App;
  isReady?: true;
  ownerCheckedAt?: number;
  handedOverAt?: number | undefined;
  cpuMs?: number;
  shut: Shut[];
  gaveUp: { app: App; step: string; ms: number }[];
  failed: string[];
  ended?: string;
};

function start(file: string, words: string[], environment: Record<string, string>): ChildProcess {
  const env = { ...process.env, ...environment };
  return fork(new URL(file, import.meta.url), words, { env, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
}

/** Collects what both processes tell. */
function listen(vendorsProcess: ChildProcess, tenure: ChildProcess): Heard {
  const heard: Heard = { shut: [], gaveUp: [], failed: [] };
  vendorsProcess.on('message', (message) => {
    const told = FromVendors.parse(message);
    if ('shut' in told) heard.shut.push(...told.shut);
    else Object.assign(heard, told);
  });
  tenure.on('message', (message) => {
    const told = FromTenure.parse(message);
    if ('gaveUp' in told) heard.gaveUp.push(told.gaveUp);
    else if ('failed' in told) heard.failed.push(told.failed);
    else Object.assign(heard, told);
  });
  for (const child of [vendorsProcess, tenure])
    child.once('exit', (code) => {
      heard.ended = `A process of the benchmark ended with ${code}; what it said is above.`;
    });
  return heard;
}

/** Waits until there is a value. @throws Error when there is none in time, or a process has ended. */
function untilFrom(heard: Heard) {
  return async <Value>(what: string, look: () => Value | undefined): Promise<Value> => {
    const giveUpAt = performance.now() + LONGEST_MS;
    for (;;) {
      const value = look();
      if (value !== undefined) return value;
      if (heard.ended !== undefined) throw new Error(heard.ended);
      if (performance.now() > giveUpAt)
        throw new Error(
          `${what} did not come within ${LONGEST_MS / 1000} s. ${JSON.stringify(counted(heard.failed))}`,
        );
      await wait(LOOK_EVERY_MS);
    }
  };
}

/** The logins that count: not those of the leaver who left alone, nor of the app that hangs. */
function loginsOfAll({ shut }: Heard, hanging: App | null): Shut[] {
  return shut.filter(({ app, email }) => app !== hanging && email !== leaverEmail(0));
}

function shutTimes(logins: readonly Shut[], handedOverAt: number): Pick<Measured, 'lastShut' | 'shutByApp'> {
  const timesOf = (some: readonly Shut[]) => some.map(({ at }) => at - handedOverAt);
  const byLeaver = Map.groupBy(logins, ({ email }) => email);
  const byApp = Map.groupBy(logins, ({ app }) => app);
  return {
    lastShut: [...byLeaver.values()].map((some) => Math.max(...timesOf(some))),
    shutByApp: Object.fromEntries([...byApp].map(([app, some]) => [app, timesOf(some)])),
  };
}

function counted(names: readonly string[]): Record<string, number> {
  const groups = Map.groupBy(names, (name) => name);
  return Object.fromEntries([...groups].map(([name, all]) => [name, all.length]));
}
