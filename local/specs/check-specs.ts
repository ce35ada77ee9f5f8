import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { LIVE_TRAFFIC, type LiveExchange } from '../vendors/live-traffic.ts';
import { checkExchanges } from './check-exchanges.ts';
import { readDocuments } from './documents.ts';

const HELP = `npm run check:specs -- DIR: holds what the live clients send, and what the live simulators answer, in
the tests against the vendors' own descriptions in DIR (OpenAPI 3, JSON or YAML)

  DIR              the folder with the descriptions
  --traffic DIR    the traffic that a run of the tests has kept with ${LIVE_TRAFFIC}=DIR;
                   without it, the tests are run now
  --help           this text

Exit codes: 0 everything fits, 1 something does not or a test failed, 2 bad usage.
`;

process.exitCode = main();

function main(): number {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { traffic: { type: 'string' }, help: { type: 'boolean' } },
  });
  const [folder] = positionals;
  if (values.help) return told(HELP, 0);
  if (folder === undefined || !existsSync(folder))
    return told('check:specs: name the folder with the descriptions; see --help', 2);
  const documents = readDocuments(folder);
  if (documents.length === 0) return told(`check:specs: ${folder} has no description of any of the apps`, 2);
  if (values.traffic !== undefined) return checkTraffic(resolve(values.traffic));
  const traffic = mkdtempSync(join(tmpdir(), 'live-traffic-'));
  try {
    const tests = spawnSync('vitest', ['run'], {
      stdio: 'inherit',
      env: { ...process.env, [LIVE_TRAFFIC]: traffic },
    });
    return Math.max(checkTraffic(traffic), tests.status === 0 ? 0 : 1);
  } finally {
    rmSync(traffic, { recursive: true });
  }

  function checkTraffic(from: string): number {
    const { checked, undescribed, faults } = checkExchanges(documents, readTraffic(from));
    for (const { name } of documents) {
      const { requests = 0, answers = 0 } = checked.get(name) ?? {};
      told(`${name}: ${requests} requests and ${answers} answers checked`, 0);
    }
    for (const [surface, count] of undescribed) told(`${surface}: ${count} requests, and no description`, 0);
    for (const fault of faults) told(`DOES NOT FIT ${fault}`, 1);
    if (checked.size === 0) return told('check:specs: there was no traffic to check', 1);
    return faults.length === 0 ? 0 : 1;
  }
}

function* readTraffic(folder: string): Generator<LiveExchange> {
  for (const file of existsSync(folder) ? readdirSync(folder) : [])
    for (const line of readFileSync(join(folder, file), 'utf8').split('\n'))
      if (line !== '') yield JSON.parse(line);
}

function told(line: string, exitCode: number): number {
  console.log(line);
  return exitCode;
}
