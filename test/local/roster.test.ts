import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import * as z from 'zod/mini';
import { runCommand } from './command-line.ts';

const folder = mkdtempSync(join(tmpdir(), 'tenure-roster-'));
const state = join(folder, 'state');
const write = (name: string, content: string) => {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
};
const policy = write(
  'policy.yaml',
  'rules: [{ name: sales, when: { department: Sales }, apps: [drata, driftwood] }]\ndefault: { apps: [] }\ntimeZones: { default: Europe/Berlin }\n',
);
const HEADER = 'Employee #,First Name,Last Name,Work Email,Department,Hire Date,Termination Date,Status\n';
const MARA = 'E-1001,Mara,Lindqvist,mara.lindqvist@northlight.example,Sales,2020-01-01,,Active\n';
const NEW = 'E-9001,Nia,Okafor,nia.okafor@northlight.example,Sales,2026-01-05,,Active\n';

const Output = z.object({
  mode: z.string(),
  people: z.int(),
  events: z.array(z.object({ type: z.string() })),
  reports: z.array(z.object({ workflow: z.string(), employeeId: z.string(), status: z.string() })),
});
const roster = async (content: string, ...words: string[]) => {
  const file = write('roster.csv', content);
  const ended = await runCommand(['roster', file, '--policy', policy, '--state', state, '--json', ...words]);
  return { ...ended, json: ended.code === 2 ? null : z.parse(Output, JSON.parse(ended.stdout)) };
};

it('the first file only remembers, then one joins, then that one leaves, and explain knows them', {
  tags: 'slow',
}, async () => {
  expect((await roster(HEADER + MARA)).json).toMatchObject({ mode: 'baseline', people: 1, reports: [] });

  const plan = await roster(HEADER + MARA + NEW, '--plan');
  expect(plan).toMatchObject({ code: 0, stdout: expect.stringContaining('employee.hired') });
  const joined = await roster(HEADER + MARA + NEW);
  expect(joined.json?.reports).toEqual([
    { workflow: 'onboarding', employeeId: 'E-9001', status: 'complete' },
  ]);
  expect((await roster(HEADER + MARA + NEW)).json?.events).toEqual([]);

  const left = await roster(HEADER + MARA + NEW.replace(',,Active', ',2026-02-27,Terminated'));
  expect(left.json?.reports).toEqual([{ workflow: 'offboarding', employeeId: 'E-9001', status: 'complete' }]);

  const explained = await runCommand(['policy', 'explain', 'E-9001', '--policy', policy, '--state', state]);
  expect(explained).toMatchObject({ code: 0, stdout: expect.stringContaining('(rule sales)') });

  const refused = await roster(`${HEADER}E-1001,Mara`);
  expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('nothing of it was used') });
});

it('adopting shows the plan first, and hires those who work here', { tags: 'slow' }, async () => {
  const words = ['roster', write('adopt.csv', HEADER + MARA), '--policy', policy, '--adopt'];
  const place = join(folder, 'adopted');
  const planned = await runCommand([...words, '--plan', '--state', place]);
  const preview = /onboarding of E-1001: would act \(plan (\w+)\)\s+Drata \(simulated\): \S/;
  expect(planned).toMatchObject({ code: 0, stdout: expect.stringMatching(preview) });
  expect(planned.stdout).not.toContain('prepare onboarding');
  const adopted = await runCommand([...words, '--state', place]);
  expect(adopted.stdout.indexOf('would act')).toBeGreaterThan(0);
  expect(adopted.stdout.indexOf('would act')).toBeLessThan(adopted.stdout.indexOf('prepare onboarding'));
  const listed = await runCommand(['runs', '--state', place]);
  const [run = ''] = /onboarding-E-1001-\w+/.exec(listed.stdout) ?? [];
  const evidence = await runCommand(['evidence', run, '--state', place]);
  expect(evidence.stdout).toContain(preview.exec(adopted.stdout)?.[1]);
  expect(adopted.stdout).toMatch(/Would follow from 1 person: 1 event\s+employee\.hired E-1001 2020-01-01/);
  expect(adopted.code).toBe(0);
});

it('takes a file of a company that is smaller only with --accept and its digest', async () => {
  const place = join(folder, 'smaller');
  const crowd = Array.from({ length: 5 }, (_, index) =>
    MARA.replace('E-1001', `E-2${index}`).replace('mara', `m${index}`),
  );
  const take = (name: string, content: string, ...words: string[]) =>
    runCommand(['roster', write(name, content), '--policy', policy, '--state', place, ...words]);
  expect((await take('all.csv', HEADER + MARA + crowd.join(''))).code).toBe(0);
  const refused = await take('few.csv', HEADER + MARA);
  expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('more than 10 %') });
  const [digest = ''] = /[0-9a-f]{64}/.exec(refused.stderr) ?? [];
  expect(await take('few.csv', HEADER + MARA, '--accept', '0'.repeat(64))).toMatchObject({ code: 2 });
  const taken = await take('few.csv', HEADER + MARA, '--accept', digest, '--as', 'Mara');
  expect(taken).toMatchObject({ code: 0, stdout: expect.stringContaining('Mara has accepted') });
});
