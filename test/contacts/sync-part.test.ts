import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pathToFileURL } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { concludeSync } from '../../functions/contacts/conclude.ts';
import { readParts } from '../../functions/contacts/parts.ts';
import { openSource } from '../../functions/contacts/source.ts';
import type { ContactSync } from '../../functions/contacts/sync-contact.ts';
import { syncPart, type Walk } from '../../functions/contacts/sync-part.ts';
import type { DescribedContact } from '../../functions/drift/contacts.ts';
import type { ContactMapping } from '../../functions/shared/contact-store.ts';
import { type FileStore, fileStore } from '../../functions/shared/files.ts';

const folder = mkdtempSync(join(tmpdir(), 'tenure-parts-'));
const files = fileStore(pathToFileURL(folder).href);
mkdirSync(join(folder, 'contacts'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A Drift and a table in memory, which know a contact once it is created. */
function inMemory(onCreate: () => void = () => {}) {
  const contacts = new Map<string, DescribedContact>();
  const mappings = new Map<string, ContactMapping>();
  const owners = new Map<number, string>();
  const client: ContactSync['client'] = {
    findContact: async (email) => contacts.get(email) ?? null,
    updateContact: async ({ id }) => ({ contactId: id, outcome: 'unchanged', dropped: [], isCertain: false }),
    createContact: async ({ email, attributes }) => {
      onCreate();
      const id = contacts.size + 1;
      contacts.set(email, { id, email, attributes });
      return { contactId: id, outcome: 'created', dropped: [], isCertain: true };
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
  const { source, position } = await openSource(store, file);
  const walk: Walk = { status: 'more', position, parts: 0, undeclared: [] };
  return { run: `run-${file.replaceAll(/\W/g, '-')}`, source, walk };
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

it('syncs 100,000 rows part by part, and reads no more of the file for a part than belongs to it', async () => {
  const { file, bytes } = putCsv('large.csv', 100_000);
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
  const { run, source, walk: first } = await begin(counting, file);
  let walk = first;
  let most = 0;
  while (walk.status === 'more') {
    delivered = 0;
    walk = await syncPart({ client, store, files: counting }, { run, source, walk });
    most = Math.max(most, delivered);
  }
  expect(walk).toMatchObject({ status: 'walked', parts: 100, position: { byte: bytes, line: 100_001 } });
  // A thousand rows, and what a stream reads ahead.
  expect(most).toBeLessThan((bytes / 100) * 1.2 + 4 * 65_536);
  expect(contacts.size).toBe(100_000);
  let rows = 1;
  for await (const { row, outcome } of readParts(files, run, walk.parts)) {
    if (row !== rows + 1 || outcome !== 'created') break;
    rows = row;
  }
  expect(rows).toBe(100_001);
});

it('ends a part when its time is over, but never before its first row', async () => {
  const { file } = putCsv('slow.csv', 3);
  let clock = 0;
  const { client, store } = inMemory(() => {
    clock += 60_000;
  });
  const { run, source, walk } = await begin(files, file);
  const bounds = { ms: 100_000, rows: 1_000 };
  const sync = (from: Walk) =>
    syncPart({ client, store, files, now: () => clock, bounds }, { run, source, walk: from });
  const second = await sync(walk);
  expect(second).toMatchObject({ status: 'more', parts: 1, position: { line: 3 } });
  bounds.ms = 0;
  expect(await sync(second)).toMatchObject({ status: 'walked', parts: 2, position: { line: 4 } });
});

it('does not send an attribute in the next part that is known not to be declared', async () => {
  const { file } = putCsv('undeclared.csv', 3);
  const { client, store } = inMemory();
  const sent: string[][] = [];
  const createContact: typeof client.createContact = async (wanted) => {
    sent.push(Object.keys(wanted.attributes));
    return { ...(await client.createContact(wanted)), dropped: ['name'], isCertain: true };
  };
  const { run, source, walk } = await begin(files, file);
  const parts = { client: { ...client, createContact }, store, files, bounds: { ms: 1_000, rows: 1 } };
  const next = await syncPart(parts, { run, source, walk });
  await syncPart(parts, { run, source, walk: next });
  expect(sent).toEqual([['name'], []]);
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

  it('of Drift in the middle of a part the rows before it are kept, and the first one after throws', async () => {
    const { file } = putCsv('down.csv', 5);
    let left = 3;
    const { client, store } = inMemory(() => {
      left -= 1;
      if (left < 0) throw new Error('Drift is down.');
    });
    const input = await begin(files, file);
    const walk = await syncPart({ client, store, files }, input);
    expect(walk).toMatchObject({ status: 'more', parts: 1, position: { line: 4 } });
    await expect(syncPart({ client, store, files }, { ...input, walk })).rejects.toThrow('Drift is down.');
    left = 10;
    expect(await syncPart({ client, store, files }, { ...input, walk })).toMatchObject({
      status: 'walked',
      parts: 2,
    });
  });
});
