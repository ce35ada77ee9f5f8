import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import * as z from 'zod/mini';
import { ANN } from '../../local/vendors/company.ts';
import { hire, hrEvent, inDays, newcomer, termination } from '../requests.ts';
import { runCommand } from './command-line.ts';

/** What somebody would type for a command. */
export type TypedCommand = {
  /** Those after its name. */
  words: string[];
  /** What is on standard input. */
  input?: string;
  env?: Record<string, string>;
  needsNoState?: true;
  /** Whether standard output is JSON without `--json` too. */
  printsJson?: true;
};

/** A leaver of the sample company. */
const SAMPLE = fileURLToPath(new URL('../../events/4-tomas-leaves-at-once.json', import.meta.url));

/** A state in which something has run, and what somebody would type for each command over it, by the command's name; `close` when all is played. */
export async function typeCommands(
  folder: string,
): Promise<{ state: string; typed: Record<string, TypedCommand>; close: () => void }> {
  const file = (name: string, content: string | object) => {
    const path = join(folder, name);
    writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
    return path;
  };
  const busy = createServer().listen(0);
  await once(busy, 'listening');
  const port = String(z.parse(z.object({ port: z.int() }), busy.address()).port);
  const later = file('later.json', hrEvent('employee.hired', hire(newcomer(), { apps: [{ app: 'drata' }] })));
  const state = join(folder, 'before');
  expect((await runCommand(['run', SAMPLE, later, '--fast', '--state', state])).code).toBe(0);
  const { runs } = JSON.parse((await runCommand(['runs', '--state', state, '--json'])).stdout);
  const evidence = await runCommand(['evidence', runs[0].name, '--state', state]);
  const nobody = file('nobody.json', [
    hrEvent('employee.hired', hire(newcomer(), { apps: [{ app: 'pipedrive', role: 'Wizard' }] })),
    hrEvent('employee.terminated', termination(ANN, { reassignTo: 'nobody@northlight.example' })),
  ]);
  const people = file(
    'people.csv',
    'Employee #,First Name,Last Name,Work Email,Status\nE-1001,Mara,Lindqvist,mara.lindqvist@northlight.example,Active\n',
  );
  const roster = file(
    'roster.csv',
    `Employee #,First Name,Last Name,Email,Status,Hire Date\n7,Ada,North,ada@northlight.example,Active,${inDays(-90)}\n`,
  );
  const contacts = file(
    'contacts.csv',
    `crmId,email\n${Array.from({ length: 14 }, (_, row) => `${row},nobody`).join('\n')}\n`,
  );
  const typed: Record<string, TypedCommand> = {
    new: { words: ['hire', join(folder, 'new.json')], input: '\n'.repeat(20), needsNoState: true },
    run: { words: [nobody, '--fast'] },
    plan: { words: [SAMPLE] },
    import: { words: [people] },
    serve: { words: ['--port', '0', '--fast'] },
    reconcile: { words: ['--fix'] },
    'compliance-sync': { words: ['--files', join(folder, 'files')], needsNoState: true },
    'training-follow-up': { words: [], needsNoState: true },
    'contact-sync': { words: [contacts] },
    doctor: { words: [] },
    runs: { words: [] },
    evidence: { words: [runs[0].name], printsJson: true },
    verify: { words: [file('record.json', evidence.stdout)], needsNoState: true },
    'follow-ups': { words: [] },
    findings: { words: [] },
    release: { words: ['onboarding-nobody', '--reason', 'fine'] },
    reject: { words: ['onboarding-nobody', '--reason', 'no'] },
    takeover: { words: ['E-1005', 'E-77'] },
    erase: { words: ['E-77'] },
    roster: { words: [roster, '--adopt', '--fast'] },
    policy: { words: ['check'], needsNoState: true },
    'hr-demo': { words: ['--people', '10', '--source', 'roster'], needsNoState: true },
    // Its port is taken, so that it waits for nobody.
    authorize: {
      words: ['drift', '--secrets', join(folder, 'tokens.json'), '--port', port],
      env: { DRIFT_CLIENT_ID: 'id', DRIFT_CLIENT_SECRET: 'secret' },
      needsNoState: true,
    },
    'reset-password': { words: [], input: 'token\npassword\n' },
  };
  return { state, typed, close: () => busy.close() };
}
