import { Readable } from 'node:stream';
import { stringify } from 'csv-stringify/sync';
import * as z from 'zod/mini';
import { bambooHr } from '../../functions/bamboohr/adapter.ts';
import type { FileReader } from '../../functions/files/file-store.ts';
import { hibob } from '../../functions/hibob/adapter.ts';
import { decide } from '../../functions/hr/decide.ts';
import type { HrDraft } from '../../functions/hr/differences.ts';
import { rosterEngine } from '../../functions/hr/engine.ts';
import type { Policy } from '../../functions/hr/policy.ts';
import { type PolledSource, pollSource } from '../../functions/hr/poll-source.ts';
import { readSignalled } from '../../functions/hr/read-signalled.ts';
import { PLAIN_FORMAT } from '../../functions/hr/roster-format.ts';
import { basicAuthorization, sourceHttp } from '../../functions/hr/source-http.ts';
import { takeRosterFile } from '../../functions/hr/take-roster-file.ts';
import { parseJson } from '../../functions/shared/json.ts';
import { startOfDay } from '../../functions/shared/moment.ts';
import {
  BambooHrCredential,
  HibobCredential,
  isFromBambooHr,
  isFromHibob,
} from '../../functions/webhooks/hr-credential.ts';
import { readBambooHrSignal, readHibobSignal } from '../../functions/webhooks/hr-events.ts';
import { type Standing, standings } from './accounts.ts';
import { startBambooHr } from './bamboohr.ts';
import { addDays } from './days.ts';
import { startHibob } from './hibob.ts';
import { memoryWorkerStore } from './memory-worker-store.ts';
import { type HrPerson, type HrRecords, type HrWebhook, hrRecords } from './people.ts';
import { type HrChange, type SampleCompany, sampleCompany } from './sample-company.ts';

export const PLAYED_SOURCES = ['roster', 'bamboohr', 'hibob'] as const;
export type PlayedSource = (typeof PLAYED_SOURCES)[number];

/** A day on which something happened. */
export type PlayedDay = { day: string; changes: readonly HrChange[]; events: readonly HrDraft[] };

export type PlayedYear = {
  company: SampleCompany;
  events: readonly HrDraft[];
  /** Where the accounts end that the events lead to, by employee id. */
  accounts: Map<string, Standing>;
  /** Who works there at the end, by the records themselves, and is in scope of the policy. */
  worksHere: string[];
  webhooks: { taken: number; lost: number; doubled: number };
};

/** How a source is played: what it tells by itself, by a webhook, in the evening, and in the night. */
type Play = {
  records: HrRecords;
  takeWebhooks: () => HrWebhook[];
  deliver: (webhook: HrWebhook) => Promise<void>;
  readEvening: () => Promise<unknown>;
  readNight: () => Promise<unknown>;
  close: () => Promise<void>;
};
type World = { policy: Policy; now: () => number; bus: (events: readonly HrDraft[]) => Promise<void> };

// Every fifth is lost, and the one after that comes twice.
const LOST_OF = 5;
// What is told in two steps is told by then.
const QUIET_DAYS = 3;
const HORIZON_DAYS = 364;

/**
 * Plays a year of the sample company through one source: what happens in HR at nine, webhooks of which some are lost and
 * some come twice, a poll at six, and a complete read in the night. The clock jumps.
 */
export async function playYear(options: {
  source: PlayedSource;
  people: number;
  policy: Policy;
  /** As for `sampleCompany`. */
  spread?: number | undefined;
  onDay?: (day: PlayedDay) => void;
}): Promise<PlayedYear> {
  const { source, people, policy, spread, onDay = () => {} } = options;
  const company = sampleCompany(people, spread);
  let now = Date.parse(`${company.start}T02:00:00Z`);
  const events: HrDraft[] = [];
  const bus = async (some: readonly HrDraft[]) => {
    events.push(...some);
  };
  const play = await PLAYS[source]({ policy, bus, now: () => now });
  const webhooks = { taken: 0, lost: 0, doubled: 0 };
  const at = (day: string, time: string) => {
    now = Date.parse(`${day}T${time}Z`);
  };
  try {
    for (const person of company.staff) play.records.seed(person);
    const worked = worksHere(play.records, policy, now);
    await play.readNight();
    const byDay = Map.groupBy(company.changes, ({ day }) => day);
    const last = addDays(company.end, QUIET_DAYS);
    for (let day = company.start; day <= last; day = addDays(day, 1)) {
      const changes = byDay.get(day) ?? [];
      const before = events.length;
      at(day, '09:00:00');
      for (const { make } of changes) make(play.records);
      await deliverSome(play, webhooks);
      at(day, '18:00:00');
      await play.readEvening();
      at(addDays(day, 1), '02:00:00');
      // What comes into effect with the new day.
      await deliverSome(play, webhooks);
      await play.readNight();
      if (changes.length > 0 || events.length > before) onDay({ day, changes, events: events.slice(before) });
    }
    return {
      ...{ company, events, webhooks },
      accounts: standings(worked, events, now),
      worksHere: worksHere(play.records, policy, now),
    };
  } finally {
    await play.close();
  }
}

async function deliverSome({ takeWebhooks, deliver }: Play, counts: PlayedYear['webhooks']): Promise<void> {
  for (const webhook of takeWebhooks()) {
    const number = counts.taken + counts.lost;
    if (number % LOST_OF === 0) {
      counts.lost += 1;
      continue;
    }
    counts.taken += 1;
    await deliver(webhook);
    if (number % LOST_OF !== 1) continue;
    counts.doubled += 1;
    await deliver(webhook);
  }
}

function worksHere(records: HrRecords, policy: Policy, now: number): string[] {
  const today = new Date(now).toISOString().slice(0, 10);
  return records
    .all()
    .filter((person) => {
      const { outOfScope, daysBefore, timeZone } = decide(policy, { ...person, sourceId: person.id });
      const begins = startOfDay(person.startDate, timeZone.value, -daysBefore).getTime();
      const isHere = begins <= now && (person.lastDay === null || person.lastDay >= today);
      return isHere && outOfScope === null;
    })
    .map(({ number }) => number)
    .sort();
}

const PLAYS: Record<PlayedSource, (world: World) => Promise<Play>> = {
  roster: async (world) => playRoster(world),
  bamboohr: playBambooHr,
  hibob: playHibob,
};

function playRoster({ policy, bus, now }: World): Play {
  const store = memoryWorkerStore();
  const engine = rosterEngine({ source: 'roster', store, policy, bus, now, horizonDays: HORIZON_DAYS });
  const records = hrRecords(now, () => {});
  const take = () => {
    records.settle();
    const files = oneFile(exportOf(records));
    return takeRosterFile({ files, store, engine, now }, 'people.csv', { format: PLAIN_FORMAT });
  };
  return {
    records,
    takeWebhooks: () => [],
    deliver: async () => {},
    readEvening: async () => {},
    readNight: take,
    close: async () => {},
  };
}

async function playBambooHr(world: World): Promise<Play> {
  const system = await startBambooHr(world.now);
  const { apiKey } = z.parse(z.object({ apiKey: z.string() }), JSON.parse(system.secret));
  const credential = z.parse(BambooHrCredential, JSON.parse(system.webhookSecret));
  const http = httpOf('bamboohr', system, basicAuthorization(apiKey, 'x'));
  const source = polled('bamboohr', bambooHr({ http, now: world.now }), world);
  return {
    ...playPolled(source, system),
    deliver: async ({ headers, body }) => {
      const delivery = { headers: new Headers(headers), body: new TextEncoder().encode(body) };
      if (!isFromBambooHr(credential, delivery, world.now())) throw new Error('A signature is wrong.');
      const signal = readBambooHrSignal(parseJson(body), 'played');
      if (signal !== null) await readSignalled(source, signal);
    },
  };
}

async function playHibob(world: World): Promise<Play> {
  const system = await startHibob(world.now);
  const keys = z.object({ serviceUserId: z.string(), token: z.string() });
  const { serviceUserId, token } = z.parse(keys, JSON.parse(system.secret));
  const credential = z.parse(HibobCredential, JSON.parse(system.webhookSecret));
  const http = httpOf('hibob', system, basicAuthorization(serviceUserId, token));
  const source = polled('hibob', hibob({ http }), world);
  return {
    ...playPolled(source, system),
    deliver: async ({ headers, body }) => {
      const delivery = { headers: new Headers(headers), body: new TextEncoder().encode(body) };
      if (!isFromHibob(credential, delivery)) throw new Error('A signature is wrong.');
      const signal = readHibobSignal(parseJson(body), 'played');
      if (signal !== null) await readSignalled(source, signal);
    },
  };
}

type System = Pick<Awaited<ReturnType<typeof startHibob>>, 'records' | 'takeWebhooks' | 'close'>;

function playPolled(source: PolledSource, { records, takeWebhooks, close }: System): Omit<Play, 'deliver'> {
  const poll = () => pollSource(source);
  return { records, takeWebhooks, close, readEvening: poll, readNight: poll };
}

function polled(
  source: 'bamboohr' | 'hibob',
  adapter: PolledSource['adapter'],
  { policy, bus, now }: World,
): PolledSource {
  const store = memoryWorkerStore();
  const engine = rosterEngine({ source, store, policy, bus, now, horizonDays: HORIZON_DAYS });
  return { source, adapter, engine, store, now };
}

type Answering = { url: string; answer: (url: string, init: RequestInit) => Promise<Response> };

function httpOf(source: 'bamboohr' | 'hibob', { url, answer }: Answering, authorization: string) {
  return sourceHttp({
    source,
    baseUrl: async () => url,
    authorization: async () => authorization,
    fetch: answer,
  });
}

function exportOf(records: HrRecords): string {
  const row = (person: HrPerson) => ({
    'Employee ID': person.id,
    'Employee Number': person.number,
    'First Name': person.firstName,
    'Last Name': person.lastName,
    'Work Email': person.workEmail ?? '',
    'Job Title': person.title,
    Department: person.department,
    Location: person.location,
    'Employment Status': person.type,
    'Manager ID': person.managerId ?? '',
    'Hire Date': person.startDate,
    'Termination Date': person.lastDay ?? records.futureLastDay(person.id) ?? '',
    Status: statusOf(person, records.today()),
  });
  return stringify(records.all().map(row), { header: true });
}

function statusOf({ startDate, lastDay }: HrPerson, today: string): string {
  if (lastDay !== null && lastDay < today) return 'Inactive';
  return startDate > today ? 'Pre-hire' : 'Active';
}

function oneFile(content: string): FileReader {
  const bytes = Buffer.from(content);
  return {
    read: async (_name, part) => Readable.from([bytes.subarray(part?.from ?? 0)]),
    version: async () => String(bytes.length),
  };
}
