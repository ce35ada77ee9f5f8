import * as z from 'zod/mini';
import type { FindingFilter, ListedFinding } from '../../functions/api/findings.ts';
import type { Sources } from '../../functions/api/runs.ts';
import { APPS } from '../../functions/shared/apps.ts';
import { FINDING_KINDS } from '../../functions/tables/finding-store.ts';
import { apiSources } from '../runtime/api-sources.ts';
import { systemUser } from '../runtime/system-user.ts';
import { UsageError } from '../runtime/usage-error.ts';
import { allPages } from './all-pages.ts';
import { BadInputError, defineCommand, EXIT } from './command.ts';
import { didYouMeanId } from './near-id.ts';
import { printError, printJson } from './print.ts';
import { appName, type View } from './view.ts';
import { PLACE_OPTIONS, requireState, type Session, withRuntime } from './with-runtime.ts';

const HELP = `npm start -- findings --state DIR: lists what the last reconciliation found
npm start -- findings --accept ID --reason TEXT --until DAY --state DIR: lives
with a finding until the end of a day in UTC, or until it changes
npm start -- findings --withdraw ID --state DIR: takes that back

  --kind KIND      only findings of this kind
  --app APP        only those in this app
  --all            list those that are accepted too
  --as NAME        with --accept or --withdraw: who; the system user without it
  --state DIR      the folder of reconcile --state DIR and serve --state DIR
  --secrets FILE   as for run; not needed, because no app is called
  --json           print what the API answers, and nothing else
  --help           this text

On AWS this is GET /findings, POST /findings/ID/accept and
POST /findings/ID/withdraw.

Exit codes: 0 done; 1 there is no such finding, or it is not accepted;
2 bad usage.
`;

type Values = Record<string, string | boolean | undefined>;

/** `findings`: what the last reconciliation found, and what people live with. */
export const main = defineCommand({
  name: 'findings',
  help: HELP,
  options: {
    json: { type: 'boolean' },
    all: { type: 'boolean' },
    kind: { type: 'string', of: FINDING_KINDS },
    app: { type: 'string', of: APPS },
    accept: { type: 'string' },
    reason: { type: 'string' },
    until: { type: 'string' },
    withdraw: { type: 'string' },
    as: { type: 'string' },
    ...PLACE_OPTIONS,
  },
  run: async ({ values, io }) => {
    requireState('findings', values.state, 'none is kept');
    if (values.accept !== undefined && values.withdraw !== undefined)
      throw new UsageError('findings: expected --accept or --withdraw, not both');
    const work = async ({ runtime, tell, view }: Session) => {
      // Loaded only now, because the environment that it reads is the runtime's.
      const { RequestError } = await import('../../functions/api/problem.ts');
      try {
        const findings = await answer(await apiSources(runtime), values);
        if (values.json) printJson(io.stdout, { findings });
        tell('', ...(findings.length === 0 ? ['No findings.'] : findings.flatMap(linesIn(view))));
        return EXIT.complete;
      } catch (error) {
        if (!(error instanceof RequestError)) throw error;
        const { errors, message, status } = error;
        if (errors.length > 0) throw new BadInputError(errors.map((one) => `--${one.path}: ${one.message}`));
        const sources = await apiSources(runtime);
        const ids = status === 404 ? (await listAll(sources, { status: 'all' })).map(({ id }) => id) : [];
        printError(io.stderr, message + didYouMeanId(String(values.accept ?? values.withdraw), ids));
        return EXIT.open;
      }
    };
    return withRuntime({ io, values, callsNoApp: true }, work);
  },
});

async function answer(sources: Sources, values: Values): Promise<ListedFinding[]> {
  const {
    AcceptedFinding,
    acceptFinding,
    FindingFilter: Filter,
    withdrawAcceptance,
  } = await import('../../functions/api/findings.ts');
  const { accept, withdraw, reason, until, kind, app, as: by = systemUser() } = values;
  if (accept !== undefined) {
    const said = read(AcceptedFinding, { reason, until });
    return [await acceptFinding(sources, String(accept), { by: String(by), ...said })];
  }
  if (withdraw !== undefined) return [await withdrawAcceptance(sources, String(withdraw), String(by))];
  const filter = read(Filter, { kind, app, status: values.all === true ? 'all' : 'open' });
  return listAll(sources, filter);
}

async function listAll(sources: Sources, filter: FindingFilter): Promise<ListedFinding[]> {
  const { listFindings } = await import('../../functions/api/findings.ts');
  const pages = await allPages((more) => listFindings(sources, { ...filter, ...more }));
  return pages.flatMap(({ findings }) => findings);
}

function read<T>(schema: z.ZodMiniType<T>, values: Values): T {
  const given = Object.entries(values).filter(([, value]) => value !== undefined);
  const parsed = z.safeParse(schema, Object.fromEntries(given));
  if (parsed.success) return parsed.data;
  throw new BadInputError(parsed.error.issues.map(({ path, message }) => `--${path.join('.')}: ${message}`));
}

const linesIn =
  (view: View) =>
  ({ id, kind, app, employeeId, vendorUserId, detail, acceptance }: ListedFinding): string[] => {
    const who = employeeId === null ? '' : `, employee ${employeeId}`;
    const account = vendorUserId === null ? '' : ` account ${vendorUserId}`;
    const accepted =
      acceptance === null
        ? []
        : [`  accepted by ${acceptance.by ?? 'somebody'} until ${acceptance.until}: ${acceptance.reason}`];
    return [`${kind}: ${appName(app, view)}${account}${who}`, `  ${detail}`, ...accepted, `  ${id}`];
  };
