import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { findingStore } from '../../functions/tables/finding-store.ts';
import { IDENTITY_TABLE } from '../../local/aws/tables.ts';
import { startRuntime } from '../../local/runtime/runtime.ts';
import { PETRA, STAFF } from '../../local/vendors/company.ts';

it('an import of 300 people writes nothing in any app, and the reconciliation after it has no orphan but the planted one', {
  timeout: 120_000,
}, async () => {
  const files = mkdtempSync(join(tmpdir(), 'tenure-import-'));
  const runtime = await startRuntime({ delayScale: 0.0005, filesDirectory: files });
  onTestFinished(() => runtime.close());
  const strangers = Array.from({ length: 300 - STAFF.length }, (_, index) => [
    `E-9${index}`,
    `new.${index}@northlight.example`,
  ]);
  const rows = [...STAFF.map(({ employeeId, email }) => [employeeId, email]), ...strangers];
  const statusOf = (id = '') => (id === PETRA.employeeId ? 'Inactive' : 'Active');
  mkdirSync(join(files, 'people'));
  writeFileSync(
    join(files, 'people/all.csv'),
    `Employee #,Work Email,First Name,Last Name,Status\n${rows.map(([id, email]) => `${id},${email},A,B,${statusOf(id)}\n`).join('')}`,
  );
  const { failure, output } = await runtime.importPeople({ file: 'people/all.csv' });
  expect(failure).toBeNull();
  expect(output).toMatchObject({ people: 300 });
  for (const vendor of Object.values(runtime.vendors)) expect(vendor.writes()).toEqual([]);

  const { run } = await runtime.reconcile({ graph: false });
  const kinds: string[] = [];
  for await (const { kind, app } of findingStore(IDENTITY_TABLE).read(run)) kinds.push(`${kind} ${app}`);
  // The identity provider has created Zoë's before she is hired.
  expect(kinds).toEqual(['orphan_account drata']);
});
