import type { FollowUpFilter } from '../../functions/api/follow-ups.ts';
import type { FollowUp } from '../../functions/tables/follow-up-store.ts';
import { systemUser } from '../runtime/system-user.ts';
import { UsageError } from '../runtime/usage-error.ts';
import { allPages } from './all-pages.ts';
import { defineCommand, EXIT } from './command.ts';
import { didYouMeanId } from './near-id.ts';
import { printError, printJson } from './print.ts';
import { appName, type View } from './view.ts';
import { PLACE_OPTIONS, requireState, type Session, withRuntime } from './with-runtime.ts';

const HELP = `npm start -- follow-ups --state DIR: lists what runs have left to people
npm start -- follow-ups --done ID --state DIR: records that one is done

  --note TEXT      with --done: what was done
  --as NAME        with --done: who did it; the system user without it
  --all            list those that are done too
  --state DIR      the folder of run --state DIR and serve --state DIR
  --secrets FILE   as for run; not needed, because no app is called
  --dialect NAME   what simulated apps speak: guide or live
  --json           print what the API answers, and nothing else
  --help           this text

On AWS this is GET /follow-ups and POST /follow-ups/ID/done.

Exit codes: 0 done; 1 there is no such follow-up, or it is done; 2 bad usage.
`;

/** `follow-ups`: what is left to people. */
export const main = defineCommand({
  name: 'follow-ups',
  help: HELP,
  options: {
    json: { type: 'boolean' },
    all: { type: 'boolean' },
    done: { type: 'string' },
    note: { type: 'string' },
    as: { type: 'string' },
    ...PLACE_OPTIONS,
  },
  run: async ({ values, io }) => {
    const { state, done, note, as: by = systemUser() } = values;
    requireState('follow-ups', state, 'none is kept');
    if (done === undefined && note !== undefined) throw new UsageError('follow-ups: --note needs --done ID');
    const work = async ({ runtime, tell, view }: Session) => {
      // Loaded only now, because the environment that it reads is the runtime's.
      const { finishFollowUp, listFollowUps } = await import('../../functions/api/follow-ups.ts');
      const { RequestError } = await import('../../functions/api/problem.ts');
      const { followUps: store } = runtime.store;
      const show = (followUps: FollowUp[]) => {
        if (values.json) printJson(io.stdout, { followUps });
        tell('', ...(followUps.length === 0 ? ['No follow-ups.'] : followUps.flatMap(linesIn(view))));
        return EXIT.complete;
      };
      const list = async (filter: FollowUpFilter) => {
        const pages = await allPages((more) => listFollowUps(store, { ...filter, ...more }));
        return pages.flatMap(({ followUps }) => followUps);
      };
      if (done === undefined) return show(await list(values.all ? {} : { status: 'open' }));
      try {
        return show([await finishFollowUp(store, done, { by, note: note ?? null })]);
      } catch (error) {
        if (!(error instanceof RequestError)) throw error;
        const ids = error.status === 404 ? (await list({})).map(({ id }) => id) : [];
        printError(io.stderr, error.message + didYouMeanId(done, ids));
        return EXIT.open;
      }
    };
    return withRuntime({ io, values, callsNoApp: true }, work);
  },
});

const linesIn =
  (view: View) =>
  ({ id, app, employeeId, urgency, status, text, run, done }: FollowUp): string[] => {
    const who =
      done === null ? '' : ` by ${done.by ?? 'somebody'}${done.note === null ? '' : `: ${done.note}`}`;
    return [
      `${id}: ${status}${who}${urgency === 'high' ? ', urgent' : ''}`,
      `  employee ${employeeId}${app === null ? '' : `, ${appName(app, view)}`}: ${text}`,
      `  of ${run}`,
    ];
  };
