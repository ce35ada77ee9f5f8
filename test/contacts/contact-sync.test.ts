import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'csv-parse/sync';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import * as z from 'zod/mini';
import { ContactSyncSummary } from '../../functions/contacts/summary.ts';
import { ContactResult } from '../../functions/tables/contact-result.ts';
import { type Runtime, startRuntime } from '../../local/runtime/runtime.ts';

const SAMPLE = fileURLToPath(new URL('../../events/contacts/sample.csv', import.meta.url));

let runtime: Runtime;
let folder: string;
let failedSteps: string[] = [];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tenure-contact-sync-'));
  mkdirSync(join(folder, 'contacts'));
  failedSteps = [];
  runtime = await startRuntime({
    delayScale: 0.0005,
    filesDirectory: folder,
    onStepEnd: (end) => {
      if ('error' in end) failedSteps.push(`${end.step} ${end.error}`);
    },
  });
});
afterEach(() => runtime.close());

const vendor = () => {
  const { drift } = runtime.vendors;
  if (drift === undefined) throw new Error('Drift is not simulated.');
  return drift;
};
async function sync(file: string) {
  const { run, output, failure } = await runtime.syncContacts({ file });
  const path = (ending: string) => join(folder, 'contact-sync', `${run}.${ending}`);
  const results = existsSync(path('json'))
    ? z.parse(z.array(ContactResult), JSON.parse(readFileSync(path('json'), 'utf8')))
    : [];
  return { summary: failure === null ? ContactSyncSummary.parse(output) : null, failure, results, path };
}
const inShort = (results: readonly ContactResult[]) =>
  results.map(({ row, crmId, outcome }) => `${row} ${crmId} ${outcome}`);

describe('the sample', () => {
  beforeEach(() => copyFileSync(SAMPLE, join(folder, 'contacts', 'sample.csv')));

  it('has every row once in both files, and the rows that can be in Drift', async () => {
    const { summary, results, path } = await sync('contacts/sample.csv');
    expect(inShort(results)).toEqual([
      '2 C-1 created',
      '3 C-2 updated',
      '4 C-3 updated',
      '5 C-4 unchanged',
      '6 null failed',
      '7 C-6 failed',
      '8 C-7 failed',
      '9 null failed',
      '10 C-1 failed',
      '11 C-9 created',
    ]);
    expect(summary).toMatchObject({
      file: 'contacts/sample.csv',
      status: 'rows_failed',
      rows: 10,
      outcomes: { created: 2, updated: 2, unchanged: 1, failed: 5 },
      undeclared: ['tier'],
    });
    expect(parse(readFileSync(path('csv')), { columns: true })).toEqual(
      results.map((result) =>
        Object.fromEntries(Object.entries(result).map(([name, value]) => [name, String(value ?? '')])),
      ),
    );
    expect(readFileSync(path('csv'), 'utf8')).not.toContain('@');
    const silent = results.find(({ crmId }) => crmId === 'C-3');
    expect(silent).toMatchObject({ contactId: 5007, note: expect.stringContaining('did not find') });
    const { contacts } = vendor().state;
    expect(contacts.find(({ email }) => email === 'ida.holm@customer.example')?.attributes).toEqual({
      name: 'Ida Holm',
      company: 'Holm & Daughters',
      title: 'Owner',
    });
  });

  it('changes nothing when it is synced again', async () => {
    await sync('contacts/sample.csv');
    const writes = vendor().writes().length;
    const { summary } = await sync('contacts/sample.csv');
    expect(summary?.outcomes).toEqual({ created: 0, updated: 0, unchanged: 5, failed: 5 });
    // Whether tier was declared meanwhile is asked once.
    expect(vendor().writes().length - writes).toBe(1);
  });
});

const CONTACTS = Array.from({ length: 6 }, (_, index) => ({
  crmId: `C-${index + 1}`,
  email: `contact.${index + 1}@elsewhere.example`,
  name: `Contact ${index + 1}`,
}));
const put = (name: string, contacts: readonly object[]) => {
  writeFileSync(
    join(folder, 'contacts', name),
    contacts.map((contact) => `${JSON.stringify(contact)}\n`).join(''),
  );
  return `contacts/${name}`;
};

it('goes on with the rest when Drift answers one contact with a 5xx every time', async () => {
  const [{ contactId } = { contactId: null }] = (await sync(put('one.jsonl', CONTACTS.slice(2, 3)))).results;
  vendor().inject({ path: new RegExp(`/contacts/${contactId}$`), status: 500 });
  const { summary, results } = await sync(put('six.jsonl', CONTACTS));
  expect(inShort(results)).toEqual([
    '1 C-1 created',
    '2 C-2 created',
    '3 C-3 failed',
    '4 C-4 created',
    '5 C-5 created',
    '6 C-6 created',
  ]);
  expect(results[2]?.note).toContain('(HTTP 500)');
  expect(summary).toMatchObject({ status: 'rows_failed', outcomes: { created: 5, failed: 1 } });
});

it('waits for a Drift that is down', async () => {
  vendor().inject({ path: /by_email/, status: 503, times: 3 });
  const { summary } = await sync(put('one.jsonl', CONTACTS.slice(0, 1)));
  expect(summary).toMatchObject({ status: 'synced', rows: 1 });
  expect(failedSteps).toEqual(['DriftSyncContacts VendorUnavailableError']);
});

it('keeps what is done when Drift refuses for good, and says where it stopped', async () => {
  const { journal } = vendor();
  const push = journal.push.bind(journal);
  journal.push = (...entries) => {
    if (vendor().writes().length === 3) vendor().inject({ method: 'POST', status: 403, body: '{}' });
    return push(...entries);
  };
  const file = put('six.jsonl', CONTACTS);
  const { failure, results } = await sync(file);
  expect(failure).toMatch(/contacts\/six\.jsonl was synced only up to row \d: VendorAuthError: /);
  const done = Number(/row (\d)/.exec(failure ?? '')?.[1]);
  expect(done).toBeGreaterThan(1);
  expect(results).toHaveLength(done);

  vendor().heal();
  const { summary } = await sync(file);
  expect(summary?.outcomes).toEqual({ created: 6 - done, updated: 0, unchanged: done, failed: 0 });
});

it('takes a file without rows', async () => {
  writeFileSync(join(folder, 'contacts', 'none.csv'), 'crmId,email\n');
  const { summary } = await sync('contacts/none.csv');
  expect(summary).toMatchObject({ status: 'synced', rows: 0 });
});

it('never hands a spreadsheet a formula', async () => {
  const { path } = await sync(put('formula.jsonl', [{ crmId: '=1+1', email: 'a@x.example' }]));
  const rows: Record<string, string>[] = parse(readFileSync(path('csv')), { columns: true });
  expect(rows[0]?.crmId).toBe("'=1+1");
});

describe('bad input', () => {
  it.each([
    [{}, /file/],
    [{ file: 'contacts/none.csv' }, /has no file contacts\/none\.csv/],
    [{ file: 'reconciliation/x.csv' }, /must begin with contacts\//],
    [{ file: 'contacts/../x.csv' }, /cannot be the name of a file/],
    [{ file: 'contacts/x.csv', dryRun: true }, /dryRun/],
  ])('%j fails before Drift is called', async (input, reason) => {
    const { failure } = await runtime.syncContacts(input);
    expect(failure).toMatch(reason);
    expect(vendor().journal).toEqual([]);
  });
});
