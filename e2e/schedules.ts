import assert from 'node:assert/strict';
import * as z from 'zod/mini';
import { ComplianceRow } from '../functions/tables/compliance-store.ts';
import { Finding } from '../functions/tables/finding-store.ts';
import { ANN, KENJI, ZOE } from '../local/vendors/company.ts';
import type { Scene } from './scene.ts';

/** What a schedule starts, started here by hand: the emulator's clock is the real one. */
export async function checkSchedules({ company, deployed, checks }: Scene): Promise<void> {
  console.log('\nWhat begins by the clock');

  await checks.check(
    'the reconciliation finds the leaver who was let in again, and shuts them out',
    async () => {
      company.forget();
      const input = { fix: ['leaver_can_log_in'] };
      const name = await deployed.startByHand('reconciliation', input);
      const run = await deployed.runByName('reconciliation', name);
      assert.equal(run.status, 'SUCCEEDED', run.cause);
      const findings = z.parse(
        z.array(Finding),
        JSON.parse(await deployed.readFile(`reconciliation/${name}.json`)),
      );
      const leavers = findings.filter(({ kind }) => kind === 'leaver_can_log_in');
      assert.deepEqual(
        leavers.map(({ app, employeeId }) => [app, employeeId]),
        [['pipedrive', ANN.employeeId]],
      );
      assert.match(
        await deployed.readFile(`reconciliation/${name}-graph.csv`),
        /^employeeId,app,vendorUserId/,
      );
      await deployed.nthRun('offboarding', ANN.employeeId, 3);
      assert.deepEqual(company.accounts(ANN.email).pipedrive, [false]);
    },
  );

  await checks.check(
    'everybody who was hired in Drata is followed up by one execution, which waits',
    async () => {
      const hired = [ZOE.employeeId, KENJI.employeeId, 'E-3002', 'E-3004', 'E-3005', 'E-3006'];
      assert.deepEqual(await deployed.followedUp(), hired);
    },
  );

  await checks.check('the compliance sync writes everybody into its file', async () => {
    const { personnel } = company.vendors.drata.state;
    // Drata would take minutes to say more than PENDING of those who were hired just now.
    for (const person of personnel) Object.assign(person, { createdAt: 0, assignedAt: 0 });
    const run = await deployed.runByName('complianceSync', await deployed.startByHand('complianceSync', {}));
    assert.equal(run.status, 'SUCCEEDED', run.cause);
    const rows = z.parse(
      z.array(ComplianceRow),
      JSON.parse(await deployed.readFile('compliance/personnel.json')),
    );
    assert.deepEqual(rows.map(({ personnelId }) => personnelId).sort(), personnel.map(({ id }) => id).sort());
  });
}
