import * as z from 'zod/mini';
import { APP_TITLES, APPS, type App } from '../../functions/shared/apps.ts';
import { APPS_VARIABLE, appsFromEnvironment } from '../../functions/shared/companys-apps.ts';
import { visible } from '../../functions/shared/visible.ts';
import { Diagnosis } from '../../functions/tables/diagnosis-store.ts';
import { setLocalPolicy } from '../runtime/local-policy.ts';
import { type CommandIo, defineCommand, EXIT, readWord } from './command.ts';
import { readPolicyFile } from './policy-file.ts';
import { printError, printJson, printLine, styled, widthOf } from './print.ts';
import type { View } from './view.ts';
import { PLACE_OPTIONS, type Session, withRuntime } from './with-runtime.ts';

const HELP = `npm start -- doctor [APP…]: finds out whether the apps, their tokens and the
settings are as they have to be; changes nothing

  APP              ${APPS.join(', ')};
                   all that the company has unless one is named
  --verbose        a line for each check below the line of its app
  --json           print one JSON object and nothing else: status, apps
  --state DIR      use the simulated apps that run --state DIR keeps
  --secrets FILE   credentials of real apps, as for run
  --policy FILE    look for the roles that this policy names
  --dialect NAME   what simulated apps speak: guide or live
  --help           this text

For each app: whether it answers, whose token it is and whether that is an
admin's, whether the token works on its own surface and on no other, which
dialect answers, which limit the answers tell, whether deactivated accounts are
shown, whether there is SCIM, and, with --policy, whether its roles exist. One
line an app: what is wrong and what to do, or else what was found. On AWS this
is POST /doctor and GET /doctor.

Exit codes: 0 nothing is wrong, 1 something is, 2 bad usage or settings.
`;

const Diagnoses = z.array(Diagnosis);

/** `doctor [APP…]`: examines apps. */
export const main = defineCommand({
  name: 'doctor',
  help: HELP,
  options: {
    ...PLACE_OPTIONS,
    json: { type: 'boolean' },
    verbose: { type: 'boolean' },
    policy: { type: 'string' },
  },
  takesOperands: true,
  run: async ({ values, operands, io }) => {
    const apps = readApps(operands);
    const policy = values.policy === undefined ? null : readPolicyFile(values.policy);
    // Whatever is not asked about need not be in order.
    process.env[APPS_VARIABLE] = apps.join(',');
    const named = operands.length === 0 ? {} : { [APPS_VARIABLE]: apps.join(',') };
    const environment = { ...io.environment, ...named };
    const work = async ({ runtime, tell, view }: Session) => {
      // The checkout's own is an example until somebody makes it theirs, so it is not looked at unless it is named.
      if (policy !== null) setLocalPolicy(runtime.temporaryFolder, policy);
      const { output, failure } = await runtime.diagnose({ apps });
      const diagnoses = z.safeParse(Diagnoses, output);
      if (!diagnoses.success) {
        printError(io.stderr, failure ?? 'An app could not be examined; see the log.');
        return EXIT.open;
      }
      const status = diagnoses.data.some((one) => one.status === 'wrong') ? 'wrong' : 'ok';
      if (values.json) printJson(io.stdout, { status, apps: diagnoses.data });
      tell('');
      if (!values.json)
        for (const one of diagnoses.data) print(io, one, { view, isVerbose: values.verbose ?? false });
      return status === 'ok' ? EXIT.complete : EXIT.open;
    };
    // Each app's line says what its steps have found.
    return withRuntime({ values, io: { ...io, environment } }, work, () => ({ onStepEnd: () => {} }));
  },
});

/** @throws UsageError */
function readApps(operands: readonly string[]): App[] {
  const companys = appsFromEnvironment();
  for (const word of operands) readWord(word, companys, 'doctor');
  return companys.filter((app) => operands.length === 0 || operands.includes(app));
}

const TITLE_WIDTH = Math.max(...APPS.map((app) => APP_TITLES[app].length));
// What a line is at most, however wide the terminal is.
const LONGEST_LINE = 80;

function print(
  { stdout }: CommandIo,
  { app, status, summary, checks }: Diagnosis,
  { view, isVerbose }: { view: View; isVerbose: boolean },
): void {
  const mark = status === 'ok' ? styled('green', 'ok   ') : styled('red', 'wrong');
  const head = `${APP_TITLES[app].padEnd(TITLE_WIDTH)}  `;
  // Before what may be cut off.
  const found = view.realApps.includes(app) ? summary : `simulated, ${summary}`;
  const room = Math.min(widthOf(stdout), LONGEST_LINE) - 'wrong '.length - head.length;
  printLine(stdout, `${mark} ${head}${shortened(visible(found), room)}`);
  if (!isVerbose) return;
  for (const check of checks)
    printLine(
      stdout,
      `      ${check.status.padEnd(7)} ${check.surface} ${check.name}: ${check.finding}${check.advice === null ? '' : `; ${check.advice}`}`,
    );
}

function shortened(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, Math.max(0, width - 1))}…`;
}
