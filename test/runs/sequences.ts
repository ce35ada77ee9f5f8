import fc from 'fast-check';
import { runSourcesFromEnvironment } from '../../functions/runs/run-sources.ts';
import type { StartedRun } from '../../functions/runs/start-run.ts';
import { takeOver } from '../../functions/runs/takeover.ts';
import { APPS, type App } from '../../functions/shared/apps.ts';
import { identityStoreFromEnvironment, type RunRow } from '../../functions/tables/identity-store.ts';
import { rosterStoreFromEnvironment } from '../../functions/tables/roster-store.ts';
import { type Runtime, startRuntime } from '../../local/runtime/runtime.ts';
import { MARA } from '../../local/vendors/company.ts';
import { allSimulated } from '../../local/vendors/start-vendors.ts';
import type { Fault } from '../../local/vendors/vendor-server.ts';
import { SIMULATED_PEOPLE } from '../contract-subjects.ts';
import { inDays } from '../requests.ts';
import { type Asked, type Model, model } from './model.ts';

/** The apps in which sequences are played, of which each sequence has some. */
export const APPS_OF_SEQUENCES: readonly App[] = APPS;

const NAMES = ['Ann Archer', 'Ben Brook', 'Cy Castle'] as const;

const FAULTS = {
  '429': { status: 429, headers: { 'retry-after': '0' } },
  '500': { status: 500 },
  'cut before': { drop: 'before' },
  'answer lost': { drop: 'after' },
  timeout: { status: 408 },
} as const satisfies Record<string, Fault>;

type Step = {
  /** `again` delivers an earlier event once more; `takeover` is done by a person; `move` hires under a new number. */
  what: Asked | 'again' | 'takeover' | 'move';
  who: number;
  /** The address that the event has; the shared one may be anybody's, and a colleague's is a mistake of HR's. */
  address: 'own' | 'other' | 'shared' | "a colleague's";
  when: 'now' | 'later';
  /** Before how many earlier events it happened. */
  late: number;
  /** Whether every run ends before the next step. */
  settles: boolean;
  /** The employee id that was given up, where there is one. */
  byOldId: boolean;
  fault: { kind: keyof typeof FAULTS; times: number; of: 'reads' | 'writes' } | null;
};

export type Sequence = {
  apps: App[];
  /** How many people there are. */
  people: number;
  /** Whether HR counts its events, instead of giving the time at which they happened. */
  counts: boolean;
  /** The accounts that people have before tenure hears of them. */
  before: ('none' | 'open' | 'shut')[];
  /** Whether somebody who left long ago had the shared address. */
  strangerLeft: boolean;
  steps: Step[];
};

const STEP: fc.Arbitrary<Step> = fc.record({
  what: fc.oneof(
    { weight: 5, arbitrary: fc.constantFrom<Step['what']>('hire', 'terminate') },
    {
      weight: 2,
      arbitrary: fc.constantFrom<Step['what']>('rescindTermination', 'rescindHire', 'update', 'again'),
    },
    { weight: 1, arbitrary: fc.constantFrom<Step['what']>('takeover', 'move') },
  ),
  who: fc.nat({ max: NAMES.length - 1 }),
  address: fc.oneof(
    { weight: 3, arbitrary: fc.constant('own' as const) },
    { weight: 1, arbitrary: fc.constant('other' as const) },
    { weight: 2, arbitrary: fc.constantFrom('shared' as const, "a colleague's" as const) },
  ),
  when: fc.constantFrom('now', 'now', 'later'),
  late: fc.oneof(
    { weight: 5, arbitrary: fc.constant(0) },
    { weight: 1, arbitrary: fc.integer({ min: 1, max: 3 }) },
  ),
  settles: fc.boolean(),
  byOldId: fc.oneof(
    { weight: 4, arbitrary: fc.constant(false) },
    { weight: 1, arbitrary: fc.constant(true) },
  ),
  fault: fc.option(
    fc.record({
      kind: fc.constantFrom(...(Object.keys(FAULTS) as (keyof typeof FAULTS)[])),
      times: fc.integer({ min: 1, max: 2 }),
      of: fc.constantFrom('reads' as const, 'writes' as const),
    }),
    { freq: 5 },
  ),
});

const sequenceOf = ({ longest, mostApps }: Pick<Played, 'longest' | 'mostApps'>): fc.Arbitrary<Sequence> =>
  fc.record({
    apps: fc.subarray([...APPS_OF_SEQUENCES], {
      minLength: 1,
      maxLength: mostApps,
    }),
    people: fc.constantFrom(2, 2, 3),
    counts: fc.boolean(),
    before: fc.array(fc.constantFrom('none' as const, 'none' as const, 'open' as const, 'shut' as const), {
      minLength: NAMES.length,
      maxLength: NAMES.length,
    }),
    strangerLeft: fc.oneof(
      { weight: 4, arbitrary: fc.constant(false) },
      { weight: 1, arbitrary: fc.constant(true) },
    ),
    steps: fc.array(STEP, { minLength: 1, maxLength: longest }),
  });

/** A sequence of steps of the first person, whose runs all end before the next step unless it says otherwise. */
export function sequenceOfSteps(...steps: readonly (Pick<Step, 'what'> & Partial<Step>)[]): Sequence {
  const usual = {
    who: 0,
    address: 'own',
    when: 'now',
    late: 0,
    settles: true,
    byOldId: false,
    fault: null,
  } as const;
  return {
    // One whose facts can be changed, and one whose cannot.
    apps: ['pipedrive', 'driftwood'],
    people: 2,
    counts: false,
    before: ['none', 'none', 'none'],
    strangerLeft: false,
    steps: steps.map((step) => ({ ...usual, ...step })),
  };
}

type Played = {
  seed: number;
  numRuns: number;
  /** The most steps that a sequence has. */
  longest: number;
  mostApps: number;
};

/** A runtime for sequences: its delays are short, and it tries an open login for as long as a deployment does. */
export function startSequenceRuntime(): Promise<Runtime> {
  return startRuntime({ delayScale: 0.0005, giveUpAfterSeconds: 72 * 3600 });
}

/**
 * Plays sequences that a seed makes, one after the other on one company.
 *
 * @throws Error with the seed and the shortest sequence that was found, step by step, and what is wrong after it.
 */
export async function playSequences(
  runtime: Runtime,
  { seed, numRuns, longest, mostApps }: Played,
): Promise<void> {
  const property = fc.asyncProperty(sequenceOf({ longest, mostApps }), async (sequence) => {
    const wrong = await violationsOf(runtime, sequence);
    if (wrong.length > 0) throw new Error(wrong.join('\n'));
  });
  const found = await fc.check(property, { seed, numRuns });
  if (!found.failed) return;
  const [sequence] = found.counterexample ?? [];
  const told = sequence === undefined ? 'none' : describeSequence(sequence).join('\n');
  const reason =
    found.errorInstance instanceof Error ? found.errorInstance.message : String(found.errorInstance);
  throw new Error(
    `After ${found.numRuns} sequences, seed ${found.seed}, path "${found.counterexamplePath}":\n${told}\n\n${reason}`,
  );
}

/** A sequence for a person to read, a line a step. */
export function describeSequence({ apps, people, counts, before, strangerLeft, steps }: Sequence): string[] {
  const had = NAMES.slice(0, people).map((name, index) => `${name}: ${before[index]}`);
  return [
    `In ${apps.join(', ')}${counts ? ', where HR counts its events' : ''}; accounts before: ${had.join(', ')}${strangerLeft ? '; a stranger who left had the shared address' : ''}`,
    ...steps.map(
      ({ what, who, address, when, late, settles, byOldId, fault }, index) =>
        `${index + 1}. ${what} ${NAMES[who % people]}, ${address} address, ${when}${late > 0 ? `, happened before the last ${late}` : ''}${byOldId ? ', by the old id' : ''}${fault === null ? '' : `, ${fault.of} fail ${fault.times}×: ${fault.kind}`}${settles ? '; all runs end' : ''}`,
    ),
  ];
}

type HrEventOfSequence = {
  id: string;
  name: string;
  employeeId: string;
  asked: Asked;
  at: number;
  body: object;
};

/** Everything about one sequence while it is played. */
type Play = {
  runtime: Runtime;
  sequence: Sequence;
  model: Model;
  names: readonly string[];
  /** Different in each sequence, as the tables remember everybody. */
  number: number;
  /** All ids that a person has had, the present one last. */
  ids: Map<string, string[]>;
  events: HrEventOfSequence[];
  /** Who used which address. */
  users: Map<string, Set<string>>;
  /** What may be written for whom until every run has ended. */
  allowed: Set<string>;
  started: StartedRun[];
  wrong: string[];
};

let sequences = 0;

/** Plays a sequence on people whom nobody knows yet. Returns what is wrong afterwards, a line each. */
export async function violationsOf(runtime: Runtime, sequence: Sequence): Promise<string[]> {
  sequences += 1;
  const names = NAMES.slice(0, sequence.people);
  const ids = new Map(names.map((name, index) => [name, [`S${sequences}-${index}`]]));
  const people = new Map(
    names.map((name, index) => [
      name,
      {
        employeeId: `S${sequences}-${index}`,
        login: sequence.before[index] === 'open' ? ('open' as const) : ('shut' as const),
      },
    ]),
  );
  const play: Play = {
    ...{ runtime, sequence, names, ids },
    number: sequences,
    model: model(people),
    events: [],
    users: new Map(),
    allowed: new Set(),
    started: [],
    wrong: [],
  };
  plantAccounts(play);
  for (const [index, step] of sequence.steps.entries()) {
    await take(play, step, index);
    if (step.settles) await settle(play);
  }
  await settle(play);
  await checkEnd(play);
  for (const app of sequence.apps)
    SIMULATED_PEOPLE[app].forget(
      allSimulated(runtime.vendors),
      (name) => isOne(play, name) || name === STRANGER,
    );
  return play.wrong;
}

const STRANGER = 'Quinn Xu';

function isOne({ names }: Play, name: string): boolean {
  return names.includes(name);
}

function addressOf({ number }: Play, name: string, which: 'own' | 'other' | 'shared'): string {
  if (which === 'shared') return `sales.${number}@northlight.example`;
  const local = name.toLowerCase().replace(' ', '.');
  return `${local}${which === 'other' ? '-new' : ''}.${number}@northlight.example`;
}

function plantAccounts(play: Play): void {
  const { sequence, names, runtime } = play;
  const vendors = allSimulated(runtime.vendors);
  for (const app of sequence.apps) {
    vendors[app].journal.length = 0;
    SIMULATED_PEOPLE[app].forget(vendors, (name) => isOne(play, name) || name === STRANGER);
    for (const [index, name] of names.entries()) {
      const before = sequence.before[index];
      const email = addressOf(play, name, 'own');
      if (before !== 'none') SIMULATED_PEOPLE[app].plant(vendors, { name, email, isOpen: before === 'open' });
    }
    const email = addressOf(play, STRANGER, 'shared');
    if (sequence.strangerLeft) SIMULATED_PEOPLE[app].plant(vendors, { name: STRANGER, email, isOpen: false });
  }
}

async function take(play: Play, step: Step, index: number): Promise<void> {
  const { what, who, fault } = step;
  const name = play.names[who % play.names.length] ?? NAMES[0];
  if (fault !== null) inject(play, fault);
  if (what === 'again') {
    const event = play.events[who % Math.max(1, play.events.length)];
    if (event === undefined) return;
    if (event.employeeId !== play.model.employeeIdOf(event.name)) await settle(play);
    await deliver(play, event);
    return;
  }
  if (what === 'takeover') return takeOverByHand(play, name, index);
  const present = play.model.employeeIdOf(name);
  const moves = what === 'move' && isKnown(play, name);
  const event = eventOf(play, step, index, {
    name,
    asked: what === 'move' ? 'hire' : what,
    employeeId: moves ? `${present}n${index}` : step.byOldId ? (play.ids.get(name)?.[0] ?? present) : present,
    ...(moves ? { previousEmployeeId: present } : {}),
  });
  if (moves) giveId(play, name, event.employeeId);
  // Until the takeover has come to its turn, the old id may still act.
  else if (event.employeeId !== present) await settle(play);
  play.events.push(event);
  await deliver(play, event);
}

/** Whether tenure has heard of the person. */
function isKnown({ events, model }: Play, name: string): boolean {
  const id = model.employeeIdOf(name);
  return events.some((event) => event.employeeId === id && event.asked === 'hire');
}

function giveId({ model, ids }: Play, name: string, employeeId: string): void {
  model.takeOver(name, employeeId);
  ids.get(name)?.push(employeeId);
}

async function takeOverByHand(play: Play, name: string, index: number): Promise<void> {
  if (!isKnown(play, name)) return;
  await settle(play);
  const from = play.model.employeeIdOf(name);
  const to = `${from}t${index}`;
  const sources = { ...runSourcesFromEnvironment(), store: identityStoreFromEnvironment() };
  await takeOver({ ...sources, roster: rosterStoreFromEnvironment() }, { from, to });
  giveId(play, name, to);
}

function inject({ sequence, runtime }: Play, { kind, times, of }: NonNullable<Step['fault']>): void {
  const vendors = allSimulated(runtime.vendors);
  const methods = of === 'reads' ? ['GET'] : ['PUT', 'PATCH', 'POST'];
  for (const app of sequence.apps)
    for (const method of methods) vendors[app].inject({ method, times, ...FAULTS[kind] });
}

const DETAIL_TYPE: Record<Asked, string> = {
  hire: 'employee.hired',
  terminate: 'employee.terminated',
  rescindTermination: 'termination.rescinded',
  rescindHire: 'hire.rescinded',
  update: 'employee.updated',
};
const FIRST_EVENT_AT = Date.now() - 86_400_000;

function eventOf(
  play: Play,
  { address, when, late }: Step,
  index: number,
  who: { name: string; asked: Asked; employeeId: string; previousEmployeeId?: string },
): HrEventOfSequence {
  const { sequence, number } = play;
  const { name, asked, employeeId, ...moved } = who;
  const at = (index + 1) * 10 - (late === 0 ? 0 : late * 10 + 5);
  const id = `${number}-${index}`;
  const email = emailOf(play, name, address);
  if (asked !== 'rescindTermination' && asked !== 'rescindHire')
    play.users.set(email, (play.users.get(email) ?? new Set()).add(name));
  const detail = { ...detailOf(sequence.apps, asked, { name, employeeId, email }, when), ...moved };
  const body = {
    id,
    source: 'hr',
    time: new Date(FIRST_EVENT_AT + (sequence.counts ? 0 : at * 1000)).toISOString(),
    'detail-type': DETAIL_TYPE[asked],
    detail: sequence.counts ? { ...detail, sequence: at + 100 } : detail,
  };
  return { id, name, employeeId, asked, at, body };
}

function emailOf(play: Play, name: string, which: Step['address']): string {
  const { names, sequence } = play;
  const index = names.indexOf(name);
  const next = (index + 1) % names.length;
  const isPlanted = (one: number) => sequence.before[one] !== 'none';
  // An account under an address that nobody has told tenure of cannot be found, and its owner cannot be known.
  if (isPlanted(index) || (which === "a colleague's" && isPlanted(next))) return addressOf(play, name, 'own');
  if (which === "a colleague's") return addressOf(play, names[next] ?? name, 'own');
  return addressOf(play, name, which);
}

function detailOf(
  apps: readonly App[],
  asked: Asked,
  { name, employeeId, email }: { name: string; employeeId: string; email: string },
  when: Step['when'],
): object {
  const [firstName = '', lastName = ''] = name.split(' ');
  const named = apps.map((app) => ({ app }));
  if (asked === 'hire')
    return {
      employee: { employeeId, email, firstName, lastName, startDate: inDays(2), managerEmail: MARA.email },
      apps: named,
      when: when === 'now' ? 'now' : 'startDate',
    };
  if (asked === 'terminate')
    return {
      employee: { employeeId, email },
      lastWorkingDay: inDays(1),
      timeZone: 'Europe/Berlin',
      when: when === 'now' ? 'now' : 'endOfLastWorkingDay',
      reassignTo: MARA.email,
      apps: named,
    };
  if (asked === 'update') return { employee: { employeeId, email } };
  return { employee: { employeeId } };
}

const WRITES: Record<Asked, readonly string[]> = {
  hire: ['create', 'open', 'other'],
  terminate: ['shut'],
  // A hire that a termination had stopped goes on.
  rescindTermination: ['create', 'open', 'other'],
  rescindHire: ['shut'],
  update: ['other'],
};

async function deliver(play: Play, event: HrEventOfSequence): Promise<void> {
  const { name, asked, body } = event;
  const verdict = play.model.deliver(event);
  // A repeat of the last event tries again what failed.
  if (verdict !== 'superseded') for (const verb of WRITES[asked]) play.allowed.add(`${verb} ${name}`);
  const run = await play.runtime.put(body);
  if (verdict === 'superseded' && run.status === 'started')
    play.wrong.push(
      `Event ${event.id} (${asked} ${name}) is older than another one, and started ${run.name}.`,
    );
  play.started.push(run);
}

/** Lets every run end, and looks at what was written meanwhile. */
async function settle(play: Play): Promise<void> {
  const { runtime, sequence, allowed, model } = play;
  for (const { workflow, name } of play.started) await runtime.over(workflow, name);
  const vendors = allSimulated(runtime.vendors);
  for (const app of sequence.apps) {
    const { accounts, writeOf } = SIMULATED_PEOPLE[app];
    const known = accounts(vendors);
    for (const entry of vendors[app].journal) {
      const write = writeOf(entry);
      if (write === null) continue;
      const { names, verb } = write;
      const account = known.find(
        ({ ids, email }) => ids.includes(names) || (verb === 'create' && email === names),
      );
      // A request that created nobody touched nobody.
      if (account === undefined && verb === 'create') continue;
      if (account === undefined || !allowed.has(`${verb} ${account.name}`))
        play.wrong.push(
          `${app}: ${entry.method} ${entry.path} (${verb}) wrote to ${account?.name ?? names}, and no event of theirs asked for it.`,
        );
    }
    vendors[app].journal.length = 0;
    vendors[app].heal();
  }
  allowed.clear();
  model.settle();
}

async function checkEnd(play: Play): Promise<void> {
  const { runtime, sequence, names, wrong } = play;
  const vendors = allSimulated(runtime.vendors);
  const mayConflict = sequence.strangerLeft || [...play.users.values()].some((users) => users.size > 1);
  const refused = await refusedRuns(play);
  for (const name of names) {
    const rows = await rowsOf(play, name);
    for (const row of rows)
      if (!refused.has(row.execution) && !gaveWay(row, rows)) checkReport(play, name, row, mayConflict);
    for (const app of sequence.apps) {
      const theirs = SIMULATED_PEOPLE[app].accounts(vendors).filter((account) => account.name === name);
      const login = theirs.some(({ isOpen }) => isOpen) ? 'open' : 'shut';
      const wanted = play.model.logins(name);
      const isNamed = mayConflict && rows.some(({ report }) => hasFailed(report, app));
      if (!wanted.includes(login) && !isNamed)
        wrong.push(`${app}: ${name} is ${login}, and HR asked for ${wanted.join(' or ')}. ${tell(rows)}`);
      if (theirs.length > 1) wrong.push(`${app}: ${name} has ${theirs.length} accounts. ${tell(rows)}`);
    }
  }
  for (const app of sequence.apps) {
    // An address that one person gave up may be another's by then.
    const isOnePersons = (email: string) => play.users.get(email)?.size === 1;
    const invited = SIMULATED_PEOPLE[app].invitations(vendors).filter(isOnePersons);
    if (new Set(invited).size < invited.length) wrong.push(`${app}: invited twice: ${invited.join(', ')}`);
  }
}

/** The runs that failed for what their event asks for, before they had an app to report on. */
async function refusedRuns({ runtime, started }: Play): Promise<Set<string>> {
  const refused = new Set<string>();
  for (const { workflow, name } of started) {
    const ended = await runtime.over(workflow, name);
    if (ended?.error === 'InvalidInputError') refused.add(name);
  }
  return refused;
}

async function rowsOf({ runtime, ids }: Play, name: string): Promise<RunRow[]> {
  const rows: RunRow[] = [];
  for (const id of ids.get(name) ?? []) rows.push(...(await runtime.store.readRuns(id)));
  return rows;
}

/** Whether a run left every login that it could not shut to a later run for the same person, and names that one. */
function gaveWay({ report, execution, startedAt }: RunRow, rows: readonly RunRow[]): boolean {
  const failures = report?.apps.flatMap(({ error }) => error ?? []) ?? [];
  const isLeftTo = ({ message }: { message: string }) => {
    const successor = /The run (\S+) took this one's place/.exec(message)?.[1];
    return rows.some(
      (row) => row.execution === successor && row.execution !== execution && row.startedAt >= startedAt,
    );
  };
  return failures.length > 0 && failures.every(isLeftTo);
}

function checkReport({ wrong }: Play, name: string, row: RunRow, mayConflict: boolean): void {
  const { report, execution } = row;
  if (report === null) wrong.push(`${name}: the run ${execution} is over, and has no report.`);
  else if (!mayConflict && (report.status === 'failed' || report.status === 'partial'))
    wrong.push(
      `${name}: the run ${execution} ended as ${report.status}, and nothing stood in its way. ${tell([row])}`,
    );
}

function hasFailed(report: RunRow['report'], app: App): boolean {
  return report?.apps.some((one) => one.app === app && one.status === 'failed') ?? false;
}

function tell(rows: readonly RunRow[]): string {
  const runs = rows.map(({ workflow, report }) => {
    const apps = report?.apps.map(
      ({ app, status, error }) => `${app} ${status}${error ? ` (${error.message})` : ''}`,
    );
    return `${workflow} ${report?.status ?? 'without report'}: ${apps?.join(', ') || 'no app'}`;
  });
  return `Runs: ${runs.join(' | ')}`;
}
