import type { RunStatus } from '../../../api/schemas.ts';
import type { Change, StepDone } from '../../../shared/outcome.ts';

// Every text that the page shows of its own, in English. What people and vendors have written comes from the API.

const plural = (count: number, one: string, many: string) => `${count} ${count === 1 ? one : many}`;

const RUN_STATUS: Record<RunStatus, string> = {
  waiting: 'Waiting',
  running: 'Running',
  complete: 'Complete',
  partial: 'Partly done',
  failed: 'Failed',
  stopped: 'Cancelled',
  superseded: 'Superseded',
  unknown_person: 'Unknown person',
  held: 'Held',
  rejected: 'Rejected',
  expired: 'Expired',
};

const STEP_STATUS: Record<
  StepDone['status'] | 'running' | 'retrying' | 'done' | 'failed' | 'trying' | 'pending',
  string
> = {
  found: 'Found',
  not_found: 'Not found',
  not_needed: 'Not needed',
  changed: 'Changed',
  invited: 'Invited',
  already_done: 'Already so',
  incomplete: 'Incomplete',
  held: 'Held',
  running: 'Running',
  retrying: 'Trying again',
  done: 'Done',
  failed: 'Failed',
  trying: 'Trying again',
  pending: 'Not begun',
};

export const TEXT = {
  product: 'tenure',
  skip: 'Skip to the content',
  loading: 'Loading…',
  tryAgain: 'Try again',
  more: 'Show older',
  none: '–',
  title: (page: string) => `${page} · tenure`,
  nav: {
    label: 'Pages',
    overview: 'Overview',
    runs: 'Runs',
    followUps: 'Follow-ups',
    findings: 'Findings',
    settings: 'Settings',
  },
  signedIn: (who: string) => `Signed in as ${who}`,
  signOut: 'Sign out',
  errors: {
    title: 'This did not work',
    unknown:
      'The page has met an answer that it does not understand. Load it again; if that does not help, the log of the API says more.',
    noAnswer:
      'There was no answer. Look whether the network, or serve on this machine, is up, and try again.',
    noText: 'The API has refused this without a reason. Its log says more.',
    stale: 'What is shown may be out of date.',
  },
  start: {
    title: 'Open the page with its key',
    text: 'serve prints an address that begins with this one and ends with a key. Open that address, or paste the key here.',
    ended:
      'The key is not valid any more; serve makes a new one at every start. Open the address that it has printed last, or paste its key here.',
    key: 'Key',
    open: 'Open',
  },
  signIn: {
    title: 'Sign in',
    text: 'Sign in to see who is joining, who is leaving, and what is left to do.',
    ended: 'Your session has ended. Sign in again to go on; nothing that you have sent is lost.',
    failed: (why: string) => `Signing in did not work: ${why}`,
    noRights:
      'You are signed in, but your token allows nothing here. Ask for the scopes that docs/guide/safety.md lists.',
    button: 'Sign in',
  },
  unknownPage: { title: 'There is no such page', text: 'Choose one above.' },
  workflows: { onboarding: 'Onboarding', offboarding: 'Offboarding', update: 'Update' },
  runStatus: RUN_STATUS,
  stepStatus: STEP_STATUS,
  appStatus: {
    done: 'Done',
    already_done: 'Already so',
    invited: 'Invited',
    not_found: 'No account',
    shut: 'Shut, something left',
    failed: 'Failed',
    held: 'Held',
    pending: 'Not begun',
    running: 'Running',
    trying: 'Login open, trying again',
  },
  via: {
    api: 'API',
    cli: 'Command line',
    console: 'AWS console',
    eventbridge: 'HR event',
    reconciliation: 'Reconciliation',
  },
  overview: {
    title: 'Overview',
    tiles: 'What needs a look',
    held: 'Held for a person',
    failed: 'Failed, login open',
    trying: 'Trying to shut a login',
    today: 'Waiting, due today',
    followUps: 'Follow-ups open',
    findings: 'Findings',
    live: 'Running now',
    liveEmpty: 'Nothing runs at the moment.',
    newest: 'Newest runs',
    newestEmpty:
      'There are no runs yet. Send an event of a hire or a termination; docs/guide/events.md shows how.',
    all: 'All runs',
    atLeast: (count: number) => `${count} or more`,
  },
  runs: {
    title: 'Runs',
    filters: 'Filters',
    status: 'Status',
    app: 'App',
    from: 'From',
    to: 'To',
    employeeId: 'Employee id',
    any: 'Any',
    apply: 'Show',
    clear: 'Clear',
    empty: 'No run fits these filters.',
    emptyPage: 'None on this page; older ones may follow.',
    newest: 'Newest',
    caption: 'Runs, the newest first',
    person: 'Person',
    workflow: 'Workflow',
    trigger: 'Trigger',
    askedBy: 'Asked by',
    due: 'Due',
    started: 'Started',
  },
  run: {
    title: (workflow: string, person: string) => `${workflow} of ${person}`,
    unnamed: 'somebody unnamed',
    facts: 'Facts',
    name: 'Run',
    person: 'Person',
    status: 'Status',
    due: 'Due',
    started: 'Started',
    ended: 'Ended',
    askedBy: 'Asked by',
    trigger: 'Trigger',
    received: 'Received',
    lastLogin: 'Last login shut',
    supersededBy: 'Superseded by',
    evidence: 'Download the evidence',
    evidenceDone: 'The evidence is downloaded. npm start -- verify FILE checks it.',
    warning: 'To be mended before its moment',
    error: 'Why it failed',
    unknownFields: (fields: string) =>
      `Fields of the event that are not known, and were not read: ${fields}.`,
    picture: 'The way of this run',
    pictureHelp: 'Each box leads to its line in the list of steps. Tab goes from one to the next.',
    apps: 'What was done in each app',
    noApps: 'Nothing was done in any app yet.',
    account: (id: string) => `Account ${id}`,
    stepCaption: (app: string) => `Steps in ${app}`,
    step: 'Step',
    took: 'Took',
    attempts: 'Attempts',
    requestId: (id: string) => `Request ${id}`,
    changes: 'Changes',
    followUps: 'Left to a person',
    general: 'Left to a person, in no app',
    trying: (since: string, next: string, attempts: number) =>
      `The login is open since ${since}: ${plural(attempts, 'attempt', 'attempts')} failed, the next is at ${next}.`,
    gate: 'Gate',
    heldSince: (since: string, until: string) =>
      `Held since ${since}; it expires at ${until} unless somebody decides.`,
    wasHeld: 'It was held because of this:',
    decisions: 'Decisions',
    decided: { released: 'Released', rejected: 'Rejected' },
    somebody: 'somebody',
    cancel: 'Cancel this run',
    cancelHelp: 'Nothing was changed in any app yet.',
    cancelSure: 'Cancel it now',
    cancelled: 'The run is cancelled.',
    reason: 'Reason',
    reasonHelp: 'It is kept with the run, with your name and the time.',
    release: 'Release',
    reject: 'Reject',
    released: 'The run is released and goes on.',
    rejected: 'The run is rejected and will not go on.',
    keep: 'Keep it',
  },
  reasons: {
    too_many: 'Too many people at once',
    protected: 'Protected person',
    approval: 'Needs an approval',
    late: 'Due long ago',
    token_user: 'The user behind the token',
    last_admin: 'The last active admin',
    account_owner: 'The owner of the account',
  },
  duration: (ms: number) =>
    ms < 1000
      ? `${ms} ms`
      : ms < 60_000
        ? `${(ms / 1000).toFixed(1)} s`
        : `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1000)} s`,
};

/** A change as a sentence. */
export function changeSentence({
  what,
  initial,
  moved = 0,
  gone = 0,
  refused = 0,
  remaining = 0,
  newOwner,
  login,
}: Change): string {
  const subject = what.charAt(0).toUpperCase() + what.slice(1);
  if (initial === undefined)
    return `${subject}${login === undefined ? '' : login === 'shut' ? '; the login is shut' : '; the login is open'}.`;
  const parts = [
    `${moved} of ${initial} moved${newOwner === undefined ? '' : ` to account ${newOwner}`}`,
    ...(gone > 0 ? [`${gone} gone meanwhile`] : []),
    ...(refused > 0 ? [`${refused} refused by the app`] : []),
    ...(remaining > 0 ? [`${remaining} still the leaver's`] : []),
  ];
  return `${subject}: ${parts.join(', ')}.`;
}
