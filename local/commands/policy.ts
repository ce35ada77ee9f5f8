import { existsSync, readFileSync } from 'node:fs';
import * as z from 'zod/mini';
import { type Decision, decide } from '../../functions/hr/decide.ts';
import { findKnown } from '../../functions/hr/engine.ts';
import type { Policy } from '../../functions/hr/policy.ts';
import { Worker } from '../../functions/hr/worker.ts';
import { APP_TITLES } from '../../functions/shared/apps.ts';
import { HR_SOURCES } from '../../functions/shared/hr-sources.ts';
import { describeIssues } from '../../functions/shared/issues.ts';
import { parseJson } from '../../functions/shared/json.ts';
import { whyUnreadable } from '../runtime/absent.ts';
import { UsageError } from '../runtime/usage-error.ts';
import { BadInputError, type CommandIo, defineCommand, EXIT, readWord } from './command.ts';
import { NO_APP_LINE } from './places.ts';
import { policyFile, readPolicyFile } from './policy-file.ts';
import { printJson, printLine } from './print.ts';
import { requireState, withRuntime } from './with-runtime.ts';

const HELP = `npm start -- policy check [FILE]: checks who gets what
npm start -- policy explain FILE-OR-ID: what follows for one person, and why

  FILE             check: the policy; explain: a worker as JSON, or an array of
                   them, in the form of docs/worker.schema.json
  ID               an employee number or source id, as the source told it last;
                   needs --state
  --policy FILE    another policy than the one that cdk.json names
  --state DIR      the tables that roster --state DIR keeps
  --json           print one JSON value and nothing else
  --help           this text

Exit codes: 0 fine, 2 a policy that cannot be used, or bad usage.
`;

type Values = {
  json?: boolean | undefined;
  policy?: string | undefined;
  state?: string | undefined;
};

/** `policy check` and `policy explain FILE-OR-ID`. */
export const main = defineCommand({
  name: 'policy',
  help: HELP,
  options: {
    json: { type: 'boolean' },
    policy: { type: 'string' },
    state: { type: 'string' },
  },
  takesOperands: true,
  run: async ({ values, operands: [verb, ...operands], io }) => {
    return readWord(verb, ['check', 'explain'], 'policy') === 'check'
      ? check(operands, values, io)
      : explain(operands, values, io);
  },
});

function check(operands: readonly string[], { json, policy: named }: Values, { stdout }: CommandIo): number {
  const [file, ...more] = operands;
  if (more.length > 0 || (file !== undefined && named !== undefined))
    throw new UsageError('policy check: expected one FILE at the most');
  const path = policyFile(file ?? named);
  const policy = readPolicyFile(path);
  if (json) printJson(stdout, policy);
  else
    printLine(
      stdout,
      NO_APP_LINE,
      '',
      `${path}: ${policy.rules.length} rules and a default; nothing is wrong.`,
    );
  return EXIT.complete;
}

async function explain(operands: readonly string[], values: Values, io: CommandIo): Promise<number> {
  const { stdout } = io;
  const [who, ...more] = operands;
  if (who === undefined || more.length > 0) throw new UsageError('policy explain: expected one FILE-OR-ID');
  const policy = readPolicyFile(policyFile(values.policy));
  const isFile = existsSync(who);
  const workers = isFile ? readWorkers(who) : await findWorkers(who, values, io);
  const explained = workers.map((worker) => ({ worker, ...decide(policy, worker) }));
  if (values.json) printJson(stdout, explained);
  else {
    const described = explained.map((one) => describe(one.worker, one, policy));
    printLine(stdout, ...(isFile ? [NO_APP_LINE] : []), ...described.flatMap((lines) => ['', ...lines]));
  }
  return EXIT.complete;
}

function readWorkers(file: string): Worker[] {
  const json = parseJson(readFileSync(file, 'utf8'));
  const parsed = z.safeParse(z.array(Worker), Array.isArray(json) ? json : [json]);
  if (parsed.success) return parsed.data;
  throw new BadInputError(describeIssues(parsed.error).map((issue) => `${file}: ${issue}`));
}

async function findWorkers(id: string, values: Values, io: CommandIo): Promise<Worker[]> {
  if (values.state === undefined)
    throw new BadInputError([whyUnreadable(id), 'To look an employee up, add --state DIR.']);
  requireState('policy', values.state, 'nobody is known');
  const found: Worker[] = [];
  const work = async () => {
    const { workerStoreFromEnvironment } = await import('../../functions/tables/worker-store.ts');
    const store = workerStoreFromEnvironment();
    for (const source of HR_SOURCES) {
      const known = await findKnown(store, source, id);
      if (known !== null) found.push(known.worker);
    }
    return EXIT.complete;
  };
  await withRuntime({ values, io, callsNoApp: true }, work);
  if (found.length === 0) throw new BadInputError([`${id}: nobody is known by this id in ${values.state}`]);
  return found;
}

function describe(worker: Worker, decided: Decision, policy: Policy): string[] {
  const { apps, timeZone, takeover, daysBefore, atOnce, outOfScope } = decided;
  const who = worker.employeeNumber ?? worker.sourceId;
  if (outOfScope !== null) return [`${who}: is left alone (rule ${outOfScope})`];
  const list = apps.value.map(
    ({ app, role }) => `${APP_TITLES[app]}${role === undefined ? '' : ` as ${role}`}`,
  );
  return [
    `${who}:`,
    `  apps       ${list.join(', ') || 'none'} (rule ${apps.from})`,
    `  time zone  ${timeZone.value} (${timeZone.from})`,
    `  records    go to ${takeover.value === 'manager' ? 'the manager' : takeover.value} (${takeover.from})`,
    `  begins     ${begins(worker, daysBefore)} (hires.daysBefore)`,
    `  ends       ${ends(worker, atOnce, policy)}`,
  ];
}

function begins({ startDate }: Worker, daysBefore: number): string {
  const day = startDate ?? 'the first day';
  return daysBefore === 0 ? `on ${day}` : `${daysBefore} days before ${day}`;
}

function ends({ lastDay }: Worker, atOnce: string | null, { leavers }: Policy): string {
  if (atOnce !== null) return `at once (leavers.atOnce: ${atOnce})`;
  const except = leavers.atOnce.length === 0 ? '' : ', unless the reason is one of leavers.atOnce';
  return `at the end of ${lastDay ?? 'the last day'}${except}`;
}
