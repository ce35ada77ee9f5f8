import { APP_DESCRIPTIONS } from '../functions/app-descriptions.ts';
import { PASSWORD_SECRET } from '../functions/driftwood/password-secret.ts';
import { FILE_FOLDERS } from '../functions/files/folders.ts';
import { sourceSecretName } from '../functions/hr/source-secret.ts';
import { APPS, type App } from '../functions/shared/apps.ts';
import { HR_SOURCES, type HrSource } from '../functions/shared/hr-sources.ts';
import { WORKFLOWS, type Workflow } from '../functions/shared/workflow.ts';
import { type SurfaceDescription, secretName } from '../functions/vendor/surface.ts';
import { webhookSecretName } from '../functions/webhooks/secret.ts';
import { type StateMachineName, stepFolder } from '../state-machines/load.ts';

// What each Lambda needs, as data. The roles, the environment and the memory follow from it in cdk/grant-needs.ts and
// cdk/lambda.ts, the bundles in cdk/bundle-lambdas.ts; docs/rights.md shows what comes of it.

/** What a Lambda needs besides its own log and traces. It has nothing that is not said here. */
export type Needs = {
  /** The apps it calls, for a Lambda outside of an app's folder. `everyLambdaThatCalls` is what follows. */
  calls?: readonly App[];
  /** The surfaces of its apps that it calls; all of them when left out. */
  surfaces?: readonly SurfaceDescription['surface'][];
  secrets?: readonly SecretNeed[];
  rows?: readonly RowNeed[];
  /** Folders of the files bucket. */
  files?: {
    reads?: readonly string[];
    writes?: readonly string[];
    /** Folders that it goes through, and whose files it changes and removes. */
    erases?: readonly string[];
  };
  /** Knows which apps the company has: it reads events, or lists apps. */
  companysApps?: true;
  /** Knows what is held: the settings of the gate. */
  gate?: true;
  /** Knows how many leavers a reconciliation may offboard. */
  limitsFixes?: true;
  /** Forgets people: knows how long ago they must have left. */
  erases?: true;
  /** Puts tenure's own events on the bus; never an event of HR. */
  putsEvents?: true;
  /** Puts events of HR on the bus, as an HR system does. */
  putsHrEvents?: true;
  /** Knows the apps' base URLs, dialects and limits, and calls none of them. */
  describesApps?: true;
  /** Reads the company's policy, which is beside its code. */
  policy?: true;
  /** Knows which HR systems the company has. */
  hrSources?: true;
  /** Tells a person, over the topic of the alarms. Such a Lambda loads later what that takes. */
  publishes?: true;
  /** Asks another Lambda what a run would change. */
  plans?: true;
  /** The workflows whose runs it starts, and what it does with those of all workflows that are started already. */
  runs?: { starts?: readonly Workflow[]; access: RunAccess };
  /** Starts executions of a state machine and knows nothing of them, where the setting behind the variable is set. */
  startsIfSet?: {
    machine: StateMachineName;
    variable: string /** Settings that the start needs too. */;
    reads?: readonly string[];
  };
  /** The state machine whose executions it starts, and knows nothing of them. */
  startsMachine?: StateMachineName;
  /** Is invoked by an event, and what it cannot take goes to the dead letters. */
  deadLetters?: true;
  /** 256 unless given. */
  memoryMb?: number;
  /** Loads a part of itself only when it needs it: the client for S3, or for Step Functions. */
  loadsLater?: true;
};

export type SecretNeed = {
  names: readonly string[];
  /** `renew` also stores tokens that were refreshed; `rotate` also invents passwords. */
  access: 'read' | 'renew' | 'rotate';
};

export type RowNeed = {
  table: 'identity' | 'coordination';
  /** The partition keys, or how they begin where it ends with `#`; all rows when left out. */
  keys?: readonly string[];
  actions: readonly RowAction[];
};
type RowAction =
  | 'BatchGetItem'
  | 'BatchWriteItem'
  | 'DeleteItem'
  | 'GetItem'
  | 'PutItem'
  | 'Query'
  | 'Scan'
  | 'UpdateItem';

/**
 * What a Lambda may do with runs that are started: see how they stand, also let held ones go, also stop them, or do all
 * of it and read what they did.
 */
export type RunAccess = 'watch' | 'release' | 'replace' | 'control';

/** The apps whose webhooks are taken. */
export const WEBHOOK_APPS = ['drift', 'pipedrive'] as const satisfies readonly App[];

const EMPLOYEE_ROWS = { table: 'identity', keys: ['EMPLOYEE#'] } as const;
const ADDRESS_ROWS = { table: 'identity', keys: ['ADDRESS#'] } as const;
const ACCOUNT_ROWS = { table: 'identity', keys: ['ACCOUNT#'] } as const;
const ROSTER_ROWS = { table: 'identity', keys: ['ROSTER#'] } as const;
const COMPLIANCE_ROWS = { table: 'identity', keys: ['COMPLIANCE#drata'] } as const;

// Whoever writes a run also writes the rows by which it is found without its employee.
const INDEXES_RUNS: RowNeed = { table: 'identity', keys: ['RUN#'], actions: ['PutItem'] };

// The order, the events, the runs and their reports; see functions/runs/start-run.ts and functions/runs/accept.ts.
const PUTS_IN_ORDER: RowNeed = { ...EMPLOYEE_ROWS, actions: ['GetItem', 'PutItem', 'Query'] };

// See functions/runs/takeover.ts, which moves all that is known of an employee to another id.
const MOVES_KNOWLEDGE: readonly RowNeed[] = [
  { ...EMPLOYEE_ROWS, actions: ['DeleteItem', 'GetItem', 'PutItem', 'Query'] },
  { ...ADDRESS_ROWS, actions: ['DeleteItem', 'PutItem'] },
  { ...ACCOUNT_ROWS, actions: ['GetItem', 'PutItem'] },
];
const MOVES_EMPLOYEES: readonly RowNeed[] = [
  ...MOVES_KNOWLEDGE,
  { ...ROSTER_ROWS, actions: ['DeleteItem', 'GetItem', 'PutItem'] },
];

/** See functions/tables/diagnosis-store.ts. */
const diagnosisKey = (app: App) => `DOCTOR#${app}`;

const HOLD_ROWS = { table: 'identity', keys: ['HOLD#'] } as const;

const ASKS_WHO_HAS_AN_ADDRESS: RowNeed = { ...ADDRESS_ROWS, actions: ['Query'] };

const ONLY_REST = { surfaces: ['rest'] } as const satisfies Needs;

/** One entry a Lambda. A step in an app has one only where it needs more than the rules below give it. */
export const NEEDS: Readonly<Record<string, Needs>> = {
  WorkflowStart: {
    rows: [PUTS_IN_ORDER, INDEXES_RUNS],
    runs: { starts: WORKFLOWS, access: 'replace' },
    companysApps: true,
    deadLetters: true,
  },
  // A hire may name the id that the person had before.
  WorkflowPrepareOnboarding: {
    rows: [...MOVES_EMPLOYEES, ASKS_WHO_HAS_AN_ADDRESS, INDEXES_RUNS],
    runs: { access: 'replace' },
    companysApps: true,
  },
  WorkflowPrepareOffboarding: {
    rows: [PUTS_IN_ORDER, ASKS_WHO_HAS_AN_ADDRESS, INDEXES_RUNS],
    runs: { access: 'replace' },
    companysApps: true,
  },
  // The address that is new goes into the profile at once, which a takeover may have moved just before.
  WorkflowPrepareUpdate: {
    rows: [...MOVES_KNOWLEDGE, ASKS_WHO_HAS_AN_ADDRESS, INDEXES_RUNS],
    runs: { access: 'replace' },
    companysApps: true,
  },
  WorkflowWarnNewOwner: { rows: [{ ...EMPLOYEE_ROWS, actions: ['UpdateItem'] }] },
  // It finishes the takeovers that a hire which was replaced has left.
  WorkflowBegin: {
    rows: [...MOVES_EMPLOYEES, ASKS_WHO_HAS_AN_ADDRESS, INDEXES_RUNS],
    runs: { access: 'replace' },
    companysApps: true,
  },
  // See functions/gate/room.ts, which counts everybody who works here where that makes a difference.
  WorkflowGate: {
    rows: [
      { table: 'identity', keys: ['GATE#'], actions: ['GetItem', 'PutItem'] },
      { ...HOLD_ROWS, actions: ['GetItem'] },
      { ...EMPLOYEE_ROWS, actions: ['Query'] },
      { ...ROSTER_ROWS, actions: ['GetItem', 'Query'] },
    ],
    gate: true,
  },
  WorkflowReadRecord: readsSource('bamboohr', 'hibob'),
  WorkflowHold: {
    rows: [
      { ...HOLD_ROWS, actions: ['GetItem', 'PutItem'] },
      { table: 'identity', keys: ['GATE#'], actions: ['PutItem'] },
      { ...EMPLOYEE_ROWS, actions: ['GetItem', 'PutItem'] },
      INDEXES_RUNS,
    ],
    runs: { access: 'release' },
    publishes: true,
    loadsLater: true,
  },
  WorkflowKeepTrying: {
    rows: [{ ...EMPLOYEE_ROWS, actions: ['GetItem', 'UpdateItem'] }],
    publishes: true,
    loadsLater: true,
  },
  WorkflowRecordAccounts: {
    rows: [
      { ...EMPLOYEE_ROWS, actions: ['GetItem', 'PutItem', 'UpdateItem'] },
      { ...ACCOUNT_ROWS, actions: ['DeleteItem', 'GetItem', 'PutItem'] },
      { ...ROSTER_ROWS, actions: ['PutItem'] },
    ],
  },
  // It sets until when it is kept who a leaver was.
  WorkflowConclude: {
    rows: [
      { ...EMPLOYEE_ROWS, actions: ['GetItem', 'PutItem', 'Query', 'UpdateItem'] },
      { ...ADDRESS_ROWS, actions: ['UpdateItem'] },
      { ...ROSTER_ROWS, actions: ['UpdateItem'] },
      { ...HOLD_ROWS, actions: ['GetItem'] },
      // The follow-ups of earlier runs too; see functions/workflow/settle-follow-ups.ts.
      { ...INDEXES_RUNS, actions: ['PutItem', 'Query'] },
    ],
    startsIfSet: {
      machine: 'training-follow-up',
      variable: 'TRAINING_DUE_DAYS',
      reads: ['DRATA_APPEARS_WITHIN_DAYS'],
    },
    publishes: true,
    loadsLater: true,
  },

  // A person waits for its answer.
  // It serves files that are beside its code, and asks the issuer where people sign in.
  WebHandler: {},
  ApiHandler: {
    rows: [
      ...MOVES_EMPLOYEES,
      { table: 'identity', keys: ['GRAPH#'], actions: ['GetItem'] },
      { table: 'identity', keys: ['FINDING#'], actions: ['DeleteItem', 'GetItem', 'Query'] },
      { table: 'identity', keys: ['RECONCILED#ALL'], actions: ['Query'] },
      { table: 'identity', keys: ['ACCEPTED#'], actions: ['GetItem', 'PutItem', 'Query'] },
      // Of an account that is assigned to somebody; see functions/people/assign-account.ts.
      { ...ACCOUNT_ROWS, actions: ['DeleteItem'] },
      ASKS_WHO_HAS_AN_ADDRESS,
      { ...HOLD_ROWS, actions: ['GetItem', 'PutItem'] },
      { table: 'identity', keys: ['RUN#'], actions: ['PutItem', 'Query'] },
      { table: 'coordination', keys: ['PLAN#'], actions: ['GetItem', 'PutItem'] },
      { table: 'identity', keys: APPS.map(diagnosisKey), actions: ['GetItem'] },
    ],
    runs: { starts: WORKFLOWS, access: 'control' },
    startsMachine: 'doctor',
    companysApps: true,
    gate: true,
    plans: true,
    loadsLater: true,
    memoryMb: 512,
  },
  // It invokes the steps of a run and writes nothing; see functions/shared/planning.ts.
  ApiPlan: {
    calls: APPS,
    rows: [
      { ...EMPLOYEE_ROWS, actions: ['GetItem', 'Query'] },
      ASKS_WHO_HAS_AN_ADDRESS,
      { ...ACCOUNT_ROWS, actions: ['GetItem'] },
      { ...ROSTER_ROWS, actions: ['GetItem', 'Query'] },
      { table: 'identity', keys: ['GATE#'], actions: ['GetItem'] },
      { ...HOLD_ROWS, actions: ['GetItem'] },
    ],
    files: {},
    runs: { access: 'watch' },
    companysApps: true,
    gate: true,
    loadsLater: true,
    memoryMb: 1024,
  },
  // Whatever row or file may name the person: it goes through all of them.
  ApiErase: {
    rows: [
      { ...EMPLOYEE_ROWS, actions: ['PutItem', 'Query'] },
      { table: 'identity', actions: ['DeleteItem', 'GetItem', 'Scan', 'UpdateItem'] },
    ],
    files: { erases: FILE_FOLDERS },
    erases: true,
    companysApps: true,
    memoryMb: 1024,
    loadsLater: true,
  },

  // It tells how tenure is set up and changes nothing: of the tables it reads the limiter's counters only.
  ApiSettings: {
    rows: [{ table: 'coordination', keys: ['RATE#'], actions: ['GetItem'] }],
    companysApps: true,
    describesApps: true,
    gate: true,
    policy: true,
    memoryMb: 512,
  },

  ReconciliationPrepare: {
    rows: [
      { ...EMPLOYEE_ROWS, actions: ['GetItem', 'PutItem'] },
      { ...ADDRESS_ROWS, actions: ['PutItem', 'Query'] },
    ],
    files: { reads: ['people'] },
    companysApps: true,
    limitsFixes: true,
    loadsLater: true,
  },
  ReconciliationCompare: {
    companysApps: true,
    rows: [
      { table: 'coordination', keys: ['RECONCILIATION#'], actions: ['Query'] },
      { ...ROSTER_ROWS, actions: ['PutItem', 'Query'] },
      { table: 'identity', keys: ['FINDING#'], actions: ['BatchWriteItem'] },
      { table: 'identity', keys: ['RECONCILED#ALL'], actions: ['PutItem'] },
      // The follow-ups that it sees done.
      { table: 'identity', keys: ['RUN#'], actions: ['PutItem', 'Query'] },
      // Of an import, which links accounts; see functions/people/.
      { ...EMPLOYEE_ROWS, actions: ['GetItem', 'PutItem', 'Query'] },
      { ...ACCOUNT_ROWS, actions: ['DeleteItem', 'GetItem', 'PutItem'] },
      ASKS_WHO_HAS_AN_ADDRESS,
    ],
    files: { reads: ['people'], writes: ['people-import'] },
    loadsLater: true,
    memoryMb: 512,
  },
  ReconciliationFix: {
    rows: [
      { table: 'identity', keys: ['FINDING#'], actions: ['Query'] },
      // What somebody lives with is left alone.
      { table: 'identity', keys: ['ACCEPTED#'], actions: ['GetItem'] },
      { ...ROSTER_ROWS, actions: ['GetItem'] },
      PUTS_IN_ORDER,
      INDEXES_RUNS,
    ],
    runs: { starts: ['offboarding'], access: 'replace' },
    companysApps: true,
  },
  ReconciliationConclude: {
    rows: [
      { table: 'identity', keys: ['FINDING#'], actions: ['Query'] },
      { table: 'identity', keys: ['GRAPH#'], actions: ['Query'] },
    ],
    files: { writes: ['reconciliation'] },
    loadsLater: true,
  },

  // It looks for the roles that the policy names.
  PipedriveDiagnose: { policy: true },

  // Over REST in either mode; see functions/pipedrive/mode.ts.
  PipedriveCheckNewOwner: ONLY_REST,
  PipedriveUpdateUser: ONLY_REST,
  PipedriveReassignDeals: ONLY_REST,
  PipedriveReassignActivities: ONLY_REST,
  PipedriveReassignContacts: ONLY_REST,
  PipedriveListAccounts: ONLY_REST,
  PipedriveReadGraph: ONLY_REST,
  // SCIM has no groups of SalesLoft.
  SalesloftReadGraph: ONLY_REST,

  DrataSyncCompliance: {
    rows: [{ ...COMPLIANCE_ROWS, actions: ['BatchGetItem', 'BatchWriteItem'] }],
    putsEvents: true,
  },
  DrataAskPending: {
    rows: [{ ...COMPLIANCE_ROWS, actions: ['BatchGetItem', 'BatchWriteItem', 'Query'] }],
    putsEvents: true,
  },
  ComplianceWriteFiles: {
    rows: [{ ...COMPLIANCE_ROWS, actions: ['Query'] }],
    files: { writes: ['compliance'] },
    loadsLater: true,
  },

  TrainingConclude: { rows: [{ ...EMPLOYEE_ROWS, actions: ['PutItem', 'Query'] }, INDEXES_RUNS] },

  ContactsPrepare: { files: { reads: ['contacts'] }, loadsLater: true },
  DriftSyncContacts: {
    ...ONLY_REST,
    rows: [{ table: 'identity', keys: ['CONTACT#'], actions: ['DeleteItem', 'GetItem', 'PutItem'] }],
    files: { reads: ['contacts'], writes: ['contact-sync'] },
    loadsLater: true,
  },
  ContactsConclude: { files: { reads: ['contact-sync'], writes: ['contact-sync'] }, loadsLater: true },

  // See functions/tables/webhook-store.ts.
  WebhooksReceive: {
    companysApps: true,
    secrets: [{ names: WEBHOOK_APPS.map(webhookSecretName), access: 'read' }],
    rows: [
      {
        table: 'coordination',
        keys: WEBHOOK_APPS.map((app) => `WEBHOOK#${app}#`),
        actions: ['DeleteItem', 'GetItem', 'PutItem'],
      },
    ],
    putsEvents: true,
    // The answer is due within a second, and a cold start is part of it.
    memoryMb: 1024,
  },
  WebhooksProcessDrift: {
    calls: ['drift'],
    ...ONLY_REST,
    rows: [{ table: 'coordination', keys: ['WEBHOOK#drift#'], actions: ['GetItem', 'PutItem'] }],
    putsEvents: true,
    deadLetters: true,
  },
  // See functions/tables/identity-store.ts and functions/tables/webhook-finding-store.ts.
  WebhooksProcessPipedrive: {
    calls: ['pipedrive'],
    ...ONLY_REST,
    rows: [
      { ...EMPLOYEE_ROWS, actions: ['GetItem', 'PutItem', 'Query'] },
      { table: 'identity', keys: ['ACCOUNT#pipedrive#'], actions: ['GetItem', 'PutItem'] },
      { table: 'identity', keys: ['FINDING#webhook#pipedrive#'], actions: ['PutItem'] },
    ],
    putsEvents: true,
    deadLetters: true,
  },

  WebhooksReceiveHr: {
    secrets: [{ names: ['bamboohr', 'hibob', 'hr'].map(webhookSecretName), access: 'read' }],
    rows: [
      {
        table: 'coordination',
        keys: ['bamboohr', 'hibob', 'hr'].map((source) => `WEBHOOK#${source}#`),
        actions: ['DeleteItem', 'GetItem', 'PutItem'],
      },
    ],
    putsEvents: true,
    hrSources: true,
    companysApps: true,
    // The answer is due within a second, and a cold start is part of it.
    memoryMb: 1024,
  },
  BamboohrRead: { ...readsSource('bamboohr'), deadLetters: true },
  HibobRead: { ...readsSource('hibob'), deadLetters: true },
  HrTakeWorker: { ...comparesWorkers('hr', 'roster'), deadLetters: true },
  HrTakeRoster: {
    ...comparesWorkers('roster'),
    deadLetters: true,
    files: { reads: ['hr/roster', 'hr/accepted'] },
    loadsLater: true,
    // All that is known of a hundred thousand people at once.
    memoryMb: 1769,
  },

  DriftwoodRotatePassword: { secrets: [{ names: [PASSWORD_SECRET], access: 'rotate' }] },
};

/** It compares the records of sources with what was known, and puts what has changed on the bus. */
function comparesWorkers(...sources: readonly HrSource[]): Needs {
  // See functions/tables/worker-store.ts.
  const keys = sources.flatMap((source) => [`WORKER#${source}`, `WORKERDUE#${source}`, `HRSOURCE#${source}`]);
  return {
    rows: [
      {
        table: 'identity',
        keys,
        actions: ['BatchWriteItem', 'DeleteItem', 'GetItem', 'PutItem', 'Query'],
      },
      // Whether another source has somebody under the same employee id.
      { table: 'identity', keys: HR_SOURCES.map((source) => `WORKER#${source}`), actions: ['Query'] },
    ],
    putsHrEvents: true,
    policy: true,
    companysApps: true,
    memoryMb: 512,
  };
}

/** It asks an HR system, too. */
function readsSource(...sources: readonly HrSource[]): Needs {
  return {
    ...comparesWorkers(...sources),
    secrets: [{ names: sources.map(sourceSecretName), access: 'read' }],
  };
}

/** It reads the apps' secrets, renews those that expire, and keeps to the apps' rate limits. */
function everyLambdaThatCalls(apps: readonly App[], called: Needs['surfaces']): Needs {
  const surfaces = apps
    .flatMap((app): SurfaceDescription[] => [...APP_DESCRIPTIONS[app].surfaces])
    .filter(({ surface }) => called === undefined || called.includes(surface));
  const renewed = surfaces.filter(({ oauth, renewsTokens }) => oauth !== undefined || renewsTokens === true);
  // They give keys that never expire.
  const others = surfaces.filter((surface) => !renewed.includes(surface));
  const secrets: SecretNeed[] = [
    { names: renewed.map(secretName), access: 'renew' },
    { names: others.map(secretName), access: 'read' },
  ];
  // The lease of a secret, and the claims on its versions.
  const leases = renewed.flatMap((surface) => [
    `LEASE#${secretName(surface)}`,
    `LEASE#${secretName(surface)}#`,
  ]);
  return {
    calls: apps,
    secrets: secrets.filter(({ names }) => names.length > 0),
    rows: [
      // See functions/credentials/lease.ts; a lease is named after the secret it is for.
      ...(leases.length === 0
        ? []
        : [{ table: 'coordination', keys: leases, actions: ['DeleteItem', 'PutItem'] } as const]),
      // See functions/rate-limit/rate-table.ts.
      {
        table: 'coordination',
        keys: apps.map((app) => `RATE#${app}#`),
        actions: ['GetItem', 'UpdateItem'],
      },
    ],
  };
}

/** It asks whose an account is, before anything is written; see functions/vendor/find-account.ts. */
function theStepThatFinds(app: App): Needs {
  return { rows: [asksWhoseAccountsAre(app), ASKS_WHO_HAS_AN_ADDRESS] };
}

/** See functions/tables/account-owner.ts. */
function asksWhoseAccountsAre(app: App): RowNeed {
  return { table: 'identity', keys: [`ACCOUNT#${app}#`], actions: ['GetItem'] };
}

/** It stages the pages that the reconciliation compares; see functions/tables/staged-pages.ts. */
function theStepThatLists(app: App): Needs {
  return {
    rows: [{ table: 'coordination', keys: [`RECONCILIATION#${app}#`], actions: ['PutItem', 'Query'] }],
  };
}

/** It reads the staged pages and the roster, and writes who is connected with what. */
function theStepThatReadsTheGraph(app: App): Needs {
  return {
    rows: [
      { table: 'coordination', keys: [`RECONCILIATION#${app}#`], actions: ['Query'] },
      { table: 'identity', keys: [`ROSTER#${app}`], actions: ['Query'] },
      { table: 'identity', keys: [`GRAPH#${app}`], actions: ['BatchWriteItem'] },
    ],
    // All employees of the app at once, and their managers.
    memoryMb: 512,
  };
}

/**
 * What a Lambda needs: its own entry in `NEEDS`, and for one that calls an app what the rules add.
 *
 * @param name as the placeholders in state-machines/ have it.
 * @throws Error when a Lambda that belongs to no app has no entry.
 */
export function needsOf(name: string): Needs {
  const own = NEEDS[name];
  const apps = own?.calls ?? APPS.filter((app) => app === stepFolder(name));
  if (apps.length > 0)
    return [
      everyLambdaThatCalls(apps, own?.surfaces),
      ...apps.flatMap((app) => rulesFor(name, app)),
      own ?? {},
    ].reduce(together);
  if (own === undefined)
    throw new Error(
      `Say in NEEDS in cdk/step-needs.ts what ${name} needs of tables, files, secrets and state machines; {} is nothing.`,
    );
  return own;
}

function rulesFor(name: string, app: App): Needs[] {
  const { phases } = APP_DESCRIPTIONS[app];
  return [
    ...(phases.provision[0] === name || phases.shut[0] === name ? [theStepThatFinds(app)] : []),
    ...(phases.list === name ? [theStepThatLists(app)] : []),
    ...(phases.graph === name ? [theStepThatReadsTheGraph(app)] : []),
    ...(phases.diagnose === name ? [diagnoses(app)] : []),
    ...(phases.checkNewOwner === name ? [{ rows: [asksWhoseAccountsAre(app)] }] : []),
    ...(phases.handOver?.some((step) => step === name) ? [handsOver(app)] : []),
  ];
}

/** It writes down which records it hands over, and what became of them; see functions/vendor/hand-over-journal.ts. */
function handsOver(app: App): Needs {
  const files = { reads: ['hand-over'], writes: ['hand-over'] } as const;
  return { rows: [asksWhoseAccountsAre(app)], files, loadsLater: true };
}

/** It keeps what it found; see functions/doctor/. */
function diagnoses(app: App): Needs {
  return { rows: [{ table: 'identity', keys: [diagnosisKey(app)], actions: ['PutItem'] }] };
}

function together(some: Needs, more: Needs): Needs {
  return {
    ...some,
    ...more,
    secrets: [...(some.secrets ?? []), ...(more.secrets ?? [])],
    rows: [...(some.rows ?? []), ...(more.rows ?? [])],
  };
}
