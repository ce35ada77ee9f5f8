import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { expect, it } from 'vitest';
import { runCommand } from './command-line.ts';

const folder = mkdtempSync(join(tmpdir(), 'tenure-policy-'));
const file = (name: string, text: string) => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};

it('policy check accepts the policy that cdk.json names', async () => {
  const { code, stdout } = await runCommand(['policy', 'check']);
  expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining('nothing is wrong') });
});

it('policy check names the line and the rule, and exits with 2', async () => {
  const bad = file(
    'bad.yaml',
    'rules:\n  - name: sales\n    apps: [hubspot]\ndefault: { apps: [] }\ntimeZones: { default: UTC }\n',
  );
  for (const words of [[bad], ['--policy', bad]]) {
    const { code, stderr } = await runCommand(['policy', 'check', ...words]);
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: expect.stringMatching(/bad\.yaml:3: rule sales: apps\.0: must be one of/),
    });
  }
});

it('policy explain says what follows for one person, and from which rule', async () => {
  const ann = file(
    'ann.json',
    JSON.stringify({
      sourceId: '17',
      employeeNumber: 'E-1003',
      department: 'Sales',
      location: 'Lisbon',
      startDate: '2026-03-02',
    }),
  );
  const { code, stdout: printed } = await runCommand(['policy', 'explain', ann]);
  expect(code).toBe(0);
  // Wide lines are wrapped.
  const stdout = stripVTControlCharacters(printed).replaceAll(/\s+/g, ' ');
  expect(stdout).toContain('Pipedrive as Account Executive, Drata, SalesLoft, Drift (rule sales)');
  expect(stdout).toContain('Europe/Lisbon (timeZones.locations.Lisbon)');
  expect(stdout).toContain('2 days before 2026-03-02');
});

it('policy explain refuses what is no worker', async () => {
  const wrong = file('wrong.json', '{"sourceId":"1","status":"gone"}');
  const { code, stderr } = await runCommand(['policy', 'explain', wrong]);
  expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining('status') });
});
