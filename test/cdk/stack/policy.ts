import { existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { bundlePolicy, POLICY_FILE } from '../../../cdk/policy.ts';
import { needsOf } from '../../../cdk/step-needs.ts';
import { LAMBDA_NAMES } from '../../../cdk/tenure-stack.ts';
import { APPS } from '../../../functions/shared/apps.ts';

const folder = mkdtempSync(join(tmpdir(), 'tenure-bundled-policy-'));
const READER = 'HrTakeRoster';
mkdirSync(join(folder, READER));
const bundle = (policy: string) => bundlePolicy({ policy, apps: [...APPS] }, [READER], folder);
const written = join(folder, READER, POLICY_FILE);
const GOOD =
  'rules: [{ name: sales, when: { department: Sales }, apps: [drata] }]\ndefault: { apps: [] }\ntimeZones: { default: Europe/Berlin }\n';

it.each([
  ['an unknown app', GOOD.replace('drata', 'hubspot'), /:1: rule sales: apps\.0: /],
  ['an impossible zone', GOOD.replace('Europe/Berlin', 'Europe/Atlantis'), /:3: timeZones\.default: /],
  [
    'a rule that nobody reaches',
    GOOD.replace('rules: [', 'rules: [{ name: all, apps: [] }, '),
    /:1: rule sales: /,
  ],
  ['no YAML', 'rules: [', /:\d+: /],
])('a deployment is refused for a policy with %s, and names the line', (_, text, problem) => {
  const file = join(folder, 'bad.yaml');
  writeFileSync(file, text);
  expect(() => bundle(file)).toThrow(problem);
  expect(() => bundle(file)).toThrow('The policy is not usable.');
  expect(existsSync(written)).toBe(false);
});

it('a good one lies beside the code of each Lambda that reads it', () => {
  expect(needsOf(READER).policy).toBe(true);
  expect(LAMBDA_NAMES).toContain(READER);
  const file = join(folder, 'good.yaml');
  writeFileSync(file, GOOD);
  bundle(file);
  expect(JSON.parse(readFileSync(written, 'utf8'))).toMatchObject({ rules: [{ name: 'sales' }] });
});
