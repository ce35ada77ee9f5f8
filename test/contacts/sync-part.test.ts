import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { concludeSync } from '../../functions/contacts/conclude.ts';
import type { DescribedContact } from '../../functions/contacts/contact-client.ts';
import { readParts } from '../../functions/contacts/parts.ts';
import type { ContactSync } from '../../functions/contacts/sync-contact.ts';
import { syncPart, type Walk } from '../../functions/contacts/sync-part.ts';
import type { FileStore } from '../../functions/files/file-store.ts';
import { fileStore } from '../../functions/files/files.ts';
import { openSource } from '../../functions/files/row-source.ts';
import { VendorResponseError, VendorUnavailableError } from '../../functions/shared/errors.ts';
import type { ContactMapping } from '../../functions/tables/contact-store.ts';

const folder = mkdtempSync(join(tmpdir(), 'tenure-parts-'));
const files = fileStore(pathToFileURL(folder).href);
mkdirSync(join(folder, 'contacts'));

/** A Drift and a table in memory, which know a contact once it is created. */
function inMemory(onCreate: (email: string) => void = () => {}) {
  const contacts = new Map<string, DescribedContact>();
  const mappings = new Map<string, ContactMapping>();
  const owners = new Map<number, string>();
  const client: ContactSync['client'] = {
    findContact: async (email) => contacts.get(email) ?? null,
    updateContact: async ({ id }) => ({
      contactId: id,
      outcome: 'unchanged',
      dropped: [],
      altered: [],
      isCertain: false,
    }),
    createContact: async ({ email, attributes }) => {
      onCreate(email);
      const id = contacts.size + 1;
      contacts.set(email, { id, email, attributes });
      return { contactId: id, outcome: 'created', dropped: [], altered: [], isCertain: true };
    },
  };
  const store: ContactSync['store'] = {
    find: async (crmId) => mappings.get(crmId) ?? null,
    claim: async (contactId, crmId) => {
      const owner = owners.get(contactId) ?? null;
      if (owner === null) owners.set(contactId, crmId);
      return owner;
    },
    write: async (crmId, mapping) => {
      mappings.set(crmId, mapping);
    },
  };
  return { client, store, contacts };
}

async function begin(store: FileStore, file: string) {
  const { source, position } = await openSource(store, file, ['crmId', 'email']);
  const walk: Walk = { status: 'more', position, parts: 0, undeclared: [] };
  const startedAt = '2026-11-20T09:00:00.000Z';
  return { run: `run-${file.replaceAll(/\W/g, '-')}`, startedAt, source, walk };
}
function putCsv(name: string, count: number): { file: string; bytes: number } {
  const rows = Array.from(
    { length: count },
    (_, index) => `${index},c${index}@x.example,"Contact, ${index}"\n`,
  );
  // Most files have no quotes in most of their rows.
  const text = `crmId,email,name\n${rows.map((row, index) => (index % 100 === 0 ? row : row.replaceAll(/"|, /g, ''))).join('')}`;
  writeFileSync(join(folder, 'contacts', name), text);
  return { file: `contacts/${name}`, bytes: text.length };
}

it('syncs 20,000 rows part by part, and reads no more of the file for a part than belongs to it', {
  tags: 'slow',
}, async () => {
  const { file, bytes } = putCsv('large.csv', 20_000);
  let delivered = 0;
  async function* counted(stream: Readable) {
    for await (const piece of stream) {
      delivered += piece.length;
      yield piece;
    }
  }
  const counting: FileStore = {
    ...files,
    read: async (name, part) => {
      const stream = await files.read(name, part);
      return name === file ? Readable.from(counted(stream)) : stream;
    },
  };
  const { client, store, contacts } = inMemory();
  const { walk: first, ...input } = await begin(counting, file);
  let walk = first;
  let most = 0;
  while (walk.status === 'more') {
    delivered = 0;
    walk = await syncPart({ client, store, files: counting }, { ...input, walk });
    most = Math.max(most, delivered);
  }
  expect(walk).toMatchObject({ status: 'walked', parts: 20, position: { byte: bytes, line: 20_001 } });
  // A thousand rows, and what a stream reads ahead.
  expect(most).toBeLessThan((bytes / 20) * 1.2 + 4 * 65_536);
  expect(contacts.size).toBe(20_000);
  let rows = 1;
  for await (const { row, outcome } of readParts(files, input.run, walk.parts)) {
    if (row !== rows + 1 || outcome !== 'created') break;
    rows = row;
  }
  expect(rows).toBe(20_001);
});

it('ends a part when its time is over, but never before its first row', async () => {
  const { file } = putCsv('slow.csv', 3);
  let clock = 0;
  const { client, store } = inMemory(() => {
    clock += 60_000;
  });
  const { walk, ...input } = await begin(files, file);
  const bounds = { ms: 100_000, rows: 1_000 };
  const sync = (from: Walk) =>
    syncPart({ client, store, files, now: () => clock, bounds }, { ...input, walk: from });
  const second = await sync(walk);
  expect(second).toMatchObject({ status: 'more', parts: 1, position: { line: 3 } });
  bounds.ms = 0;
  expect(await sync(second)).toMatchObject({ status: 'walked', parts: 2, position: { line: 4 } });
});

it('keeps a result short enough to be read again, whatever is wrong with its row', async () => {
  const wrong = Object.fromEntries(Array.from({ length: 5_000 }, (_, index) => [`a${index}`, []]));
  const long = { [`\u00e4${'x'.repeat(65_000)}`]: 1 };
  const rows = [wrong, long].map((others, crmId) =>
    JSON.stringify({ crmId, email: 'a@x.example', ...others }),
  );
  writeFileSync(join(folder, 'contacts', 'wrong.jsonl'), rows.join('\n'));
  const { client, store } = inMemory();
  const input = await begin(files, 'contacts/wrong.jsonl');
  const walk = await syncPart({ client, store, files }, input);
  expect(await concludeSync(files, { ...input, walk })).toMatchObject({ rows: 2, outcomes: { failed: 2 } });
});

it('does not send an attribute in the next part that is known not to be declared', async () => {
  const { file } = putCsv('undeclared.csv', 3);
  const { client, store } = inMemory();
  const sent: string[][] = [];
  const createContact: typeof client.createContact = async (wanted) => {
    sent.push(Object.keys(wanted.attributes));
    return { ...(await client.createContact(wanted)), dropped: ['name'], isCertain: true };
  };
  const { walk, ...input } = await begin(files, file);
  const parts = { client: { ...client, createContact }, store, files, bounds: { ms: 1_000, rows: 1 } };
  const next = await syncPart(parts, { ...input, walk });
  await syncPart(parts, { ...input, walk: next });
  expect(sent).toEqual([['name'], []]);
});

it('takes no row for done that an earlier execution of the same name did', async () => {
  const { file } = putCsv('again.csv', 1);
  const { client, store } = inMemory();
  const input = await begin(files, file);
  await syncPart({ client, store, files }, input);
  const later = { ...input, startedAt: '2027-03-20T09:00:00.000Z' };
  const walk = await syncPart({ client, store, files }, later);
  expect((await concludeSync(files, { ...later, walk })).outcomes).toMatchObject({
    created: 0,
    unchanged: 1,
  });
});

describe('after a crash', () => {
  it('before the results were written every row is there once, with what really became of it', async () => {
    const { file } = putCsv('crash.csv', 5);
    const { client, store, contacts } = inMemory();
    const input = await begin(files, file);
    const crashing: FileStore = { ...files, write: () => Promise.reject(new Error('The Lambda is gone.')) };
    await expect(syncPart({ client, store, files: crashing }, input)).rejects.toThrow('The Lambda is gone.');
    expect(contacts.size).toBe(5);

    const walk = await syncPart({ client, store, files }, input);
    expect(contacts.size).toBe(5);
    expect(await concludeSync(files, { ...input, walk })).toMatchObject({
      rows: 5,
      outcomes: { created: 5, unchanged: 0, failed: 0 },
    });
  });

  it('after they were written, but before anybody was told, the part is written once', async () => {
    const { file } = putCsv('untold.csv', 5);
    const { client, store } = inMemory();
    const input = await begin(files, file);
    await syncPart({ client, store, files }, input);
    const walk = await syncPart({ client, store, files }, input);
    expect(await concludeSync(files, { ...input, walk })).toMatchObject({
      rows: 5,
      outcomes: { created: 5 },
    });
  });
});

describe('when Drift does not serve', () => {
  const call = { vendor: 'drift', operation: 'createContact', method: 'POST', path: '/contacts' } as const;
  const unavailable = (): Error => new VendorUnavailableError({ ...call, status: 503 }, 'failed');
  /** A file of which some rows are not served, as often as it says; and all that is needed to sync it. */
  async function unserved(
    name: string,
    count: number,
    times: Record<number, number>,
    error = unavailable,
    malformed: number[] = [],
  ) {
    const left = new Map(Object.entries(times).map(([index, n]) => [`c${index}@x.example`, n]));
    const tries: string[] = [];
    const waits: number[] = [];
    const { client, store, contacts } = inMemory((email) => {
      tries.push(email);
      const more = left.get(email) ?? 0;
      left.set(email, more - 1);
      if (more > 0) throw error();
    });
    const sleep = async (ms: number) => {
      waits.push(ms);
    };
    const { file } = putCsv(name, count);
    for (const index of malformed) {
      const path = join(folder, file);
      writeFileSync(path, readFileSync(path, 'utf8').replace(`c${index}@x.example`, 'nobody'));
    }
    const input = await begin(files, file);
    // Each try takes a minute.
    const now = () => tries.length * 60_000;
    const parts = { client, store, files, sleep, now, bounds: { ms: 6_000_000, rows: 1_000 } };
    const sync = (walk: Walk) => syncPart(parts, { ...input, walk });
    const results = async (walk: Walk) => {
      const read = [];
      for await (const result of readParts(files, input.run, walk.parts)) read.push(result);
      return read;
    };
    return { ...input, sync, results, left, contacts, tries, waits, parts };
  }
  const inShort = (results: readonly { row: number; outcome: string }[]) =>
    results.map(({ row, outcome }) => `${row} ${outcome}`);
  const ALWAYS = Number.POSITIVE_INFINITY;

  it.each([
    ['a 5xx', unavailable],
    ['something unreadable', () => new VendorResponseError(call, 'a body that is not JSON')],
  ])('one row, and answers it with %s each time, that row fails and the rest goes on', async (_, error) => {
    const { sync, walk, results, contacts, waits, tries } = await unserved(
      'one.csv',
      6,
      { 2: ALWAYS },
      error,
    );
    const end = await sync(walk);
    expect(end).toMatchObject({ status: 'walked', parts: 1, position: { line: 7 } });
    const read = await results(end);
    expect(inShort(read)).toEqual([
      '2 created',
      '3 created',
      '4 failed',
      '5 created',
      '6 created',
      '7 created',
    ]);
    expect(read[2]).toMatchObject({ crmId: '2', contactId: null });
    expect(read[2]?.note).toMatch(/^Drift served other rows but not this one\. Drift createContact: /);
    expect(contacts.size).toBe(5);
    // Thrice, and once more when it is clear that Drift is there.
    expect(tries.filter((email) => email === 'c2@x.example')).toHaveLength(4);
    expect(waits).toEqual([500, 1_000]);
  });

  it('a row at first, it is waited for', async () => {
    const { sync, walk, results } = await unserved('glitch.csv', 2, { 0: 2 });
    expect(inShort(await results(await sync(walk)))).toEqual(['2 created', '3 created']);
  });

  it('two rows until it serves a third, they are tried again', async () => {
    const { sync, walk, results } = await unserved('back.csv', 4, { 1: 3, 2: 3 });
    expect(inShort(await results(await sync(walk)))).toEqual([
      '2 created',
      '3 created',
      '4 created',
      '5 created',
    ]);
  });

  it('three rows in a row, the part ends before them, and the next begins with the first of them', async () => {
    const { sync, walk, results, left, contacts } = await unserved('down.csv', 6, {
      2: ALWAYS,
      3: ALWAYS,
      4: ALWAYS,
    });
    const first = await sync(walk);
    expect(first).toMatchObject({ status: 'more', parts: 1, position: { line: 3 } });
    await expect(sync(first)).rejects.toThrow(VendorUnavailableError);
    expect(inShort(await results(first))).toEqual(['2 created', '3 created']);
    expect(contacts.size).toBe(2);

    left.clear();
    const end = await sync(first);
    expect(end).toMatchObject({ status: 'walked', parts: 2, position: { line: 7 } });
    expect((await results(end)).map(({ outcome }) => outcome)).toEqual(Array(6).fill('created'));
  });

  it('three rows between which others fail by themselves, that is no different', async () => {
    const times = { 1: ALWAYS, 3: ALWAYS, 5: ALWAYS };
    const { sync, walk } = await unserved('between.csv', 7, times, unavailable, [2, 4]);
    const first = await sync(walk);
    expect(first).toMatchObject({ status: 'more', position: { line: 2 } });
    await expect(sync(first)).rejects.toThrow(VendorUnavailableError);
  });

  it('nothing, because no row can be used, the rows are done all the same', async () => {
    const { sync, walk, parts } = await unserved('unusable.csv', 3, {}, unavailable, [0, 1, 2]);
    parts.bounds.rows = 1;
    expect(await sync(walk)).toMatchObject({ status: 'more', parts: 1, position: { line: 2 } });
  });

  it('two rows between which others fail by themselves, each result is there once', async () => {
    const times = { 1: ALWAYS, 3: ALWAYS };
    const { sync, walk, results } = await unserved('mixed.csv', 6, times, unavailable, [2, 5]);
    const read = await results(await sync(walk));
    expect(read.map(({ row, outcome, note }) => `${row} ${outcome} ${note?.slice(0, 5)}`)).toEqual([
      '2 created undefined',
      '3 failed Drift',
      '4 failed email',
      '5 failed Drift',
      '6 created undefined',
      '7 failed email',
    ]);
  });

  it('the last rows of a file, they are failed rows', async () => {
    const { sync, walk, results } = await unserved('last.csv', 4, { 2: ALWAYS, 3: ALWAYS });
    const end = await sync(walk);
    expect(end).toMatchObject({ status: 'walked', position: { line: 5 } });
    expect(inShort(await results(end))).toEqual(['2 created', '3 created', '4 failed', '5 failed']);
  });

  it('the last row of a file, and the part has no other, it is a failed row', async () => {
    const { sync, walk, results, parts } = await unserved('alone.csv', 2, { 1: ALWAYS });
    parts.bounds.rows = 1;
    const end = await sync(await sync(walk));
    expect(end).toMatchObject({ status: 'walked', parts: 2 });
    expect(inShort(await results(end))).toEqual(['2 created', '3 failed']);
  });

  it('any row of a file, that is an error however few they are', async () => {
    const { sync, walk } = await unserved('only.csv', 1, { 0: ALWAYS });
    await expect(sync(walk)).rejects.toThrow(VendorUnavailableError);
  });

  it('a row until the time of the part is over, it is the first of the next part', async () => {
    const { sync, walk, results, parts } = await unserved('full.csv', 4, { 1: ALWAYS });
    parts.bounds.ms = 200_000;
    const first = await sync(walk);
    expect(first).toMatchObject({ status: 'more', position: { line: 2 } });
    const end = await sync(await sync(first));
    expect(inShort(await results(end))).toEqual(['2 created', '3 failed', '4 created', '5 created']);
  });

  it('for another reason, the part ends before the row, and the first row after throws', async () => {
    const refused = () => new Error('Drift does not want us.');
    const { sync, walk, results, left, waits } = await unserved('refused.csv', 5, { 3: ALWAYS }, refused);
    const first = await sync(walk);
    expect(first).toMatchObject({ status: 'more', parts: 1, position: { line: 4 } });
    await expect(sync(first)).rejects.toThrow('Drift does not want us.');
    expect(waits).toEqual([]);
    left.clear();
    const end = await sync(first);
    expect(end).toMatchObject({ status: 'walked', parts: 2 });
    expect((await results(end)).length).toBe(5);
  });
});
