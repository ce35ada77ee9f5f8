import assert from 'node:assert/strict';
import { type App, forEveryApp } from '../functions/shared/apps.ts';
import { policyOfCheckout } from '../local/runtime/local-policy.ts';
import type { Scene } from './scene.ts';

const HEADER =
  'Employee ID,First Name,Last Name,Work Email,Job Title,Department,Location,Hire Date,Termination Date,Status';
const IVO = { employeeId: 'E-4100', email: 'ivo.lang@northlight.example' };
const SALES = policyOfCheckout()?.rules.find(({ name }) => name === 'sales')?.apps ?? [];

/** An HR system's nightly export, from a file in the bucket to the accounts. S3 tells of it, and nobody starts anything. */
export async function checkRoster({ company, deployed, checks }: Scene): Promise<void> {
  console.log('\nRoster files');
  const yesterday = new Date(Date.now() - 86_400_000).toISOString().slice(0, 10);
  const colleagues = Array.from({ length: 12 }, (_, number) =>
    row(`E-40${10 + number}`, `Colleague${number}`, `colleague${number}@northlight.example`, '2024-01-15'),
  );
  const drop = (night: number, ...rows: string[]) =>
    deployed.writeFile(`hr/roster/night-${night}.csv`, [HEADER, ...rows, ''].join('\n'));
  const startedRuns = async () => {
    const ids = colleagues.map((line) => line.split(',')[0] ?? '');
    const counts = await Promise.all(
      ids.flatMap((id) => [deployed.countRuns('onboarding', id), deployed.countRuns('offboarding', id)]),
    );
    return counts.reduce((sum, count) => sum + count, 0);
  };

  await checks.check('the first one only sets the baseline; a hire in the second gets accounts', async () => {
    await drop(1, ...colleagues);
    await deployed.rosterTaken(colleagues.length);
    await drop(2, ...colleagues, row(IVO.employeeId, 'Ivo', IVO.email, '2025-03-17'));
    const run = await deployed.nthRun('onboarding', IVO.employeeId, 1);
    assert.equal(run.status, 'SUCCEEDED', run.cause);
    assert.deepEqual(company.accounts(IVO.email), accountsOfSales(true));
    assert.equal(await startedRuns(), 0);
  });

  await checks.check('a leaver in the third is shut out, and nobody else', async () => {
    await drop(3, ...colleagues, row(IVO.employeeId, 'Ivo', IVO.email, '2025-03-17', yesterday, 'Inactive'));
    const run = await deployed.nthRun('offboarding', IVO.employeeId, 1);
    assert.equal(run.status, 'SUCCEEDED', run.cause);
    assert.deepEqual(company.accounts(IVO.email), accountsOfSales(false));
    assert.equal(await startedRuns(), 0);
  });
}

/** The accounts that the policy gives to Ivo's department. */
function accountsOfSales(isOpen: boolean): Record<App, boolean[]> {
  return forEveryApp((app) => (SALES.some((one) => one.app === app) ? [isOpen] : []));
}

function row(
  id: string,
  name: string,
  email: string,
  startDate: string,
  lastDay = '',
  status = 'Active',
): string {
  return [id, name, 'Lang', email, 'Account Executive', 'Sales', 'Berlin', startDate, lastDay, status].join(
    ',',
  );
}
