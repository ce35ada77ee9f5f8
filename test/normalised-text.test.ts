import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { drift } from '../functions/drift/client.ts';
import { APPS, type App, forEveryApp } from '../functions/shared/apps.ts';
import type { ClientOptions } from '../functions/vendor/http.ts';
import { sameText } from '../functions/vendor/same-text.ts';
import { ANN } from '../local/vendors/company.ts';
import type { VendorServer } from '../local/vendors/vendor-server.ts';
import { optionsFor } from './contract-subject.ts';
import { SUBJECTS } from './contract-subjects.ts';
import { rewriting } from './rewritten-answers.ts';

const subjects = forEveryApp((app) => SUBJECTS[app].start());
const servers = async () => (await Promise.all(Object.values(subjects))).map(({ server }) => server);
beforeEach(async () => {
  for (const server of await servers()) server.reset();
});
afterAll(async () => {
  for (const server of await servers()) await server.close();
});

// Decomposed letters, blanks of three kinds, a sign that HTML names, and a typographic apostrophe.
const NAME = { firstName: 'Annelie\u0301  Zoe\u0308', lastName: 'O’Neil\u00a0& Sons, née <Lee>' };
const TITLE = 'Head of  R&D’s Über-Team';

/** Writes Ann's name, and where the app takes it her title. */
async function update(app: App, optionsOf: (server: VendorServer) => ClientOptions) {
  const { server, connect } = await subjects[app];
  const { account } = await connect(optionsFor(server)).find(ANN.email);
  if (account === null || account === undefined) throw new Error(`Ann is not seeded in ${app}.`);
  const result = await connect(optionsOf(server)).rename(account, { ...ANN, ...NAME, title: TITLE });
  return { ...result, vendorUserId: account.vendorUserId };
}

const escaped = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&#62;').replaceAll('’', '&#x2019;');
const NORMALISED: [string, (text: string) => string][] = [
  ['composed', (text) => text.normalize('NFC')],
  ['with single blanks', (text) => text.replaceAll(/\s+/g, ' ')],
  ['with blanks around it', (text) => ` ${text}\u00a0`],
  ['with entities of HTML', escaped],
  ['with straight apostrophes', (text) => text.replaceAll('’', "'")],
  [
    'in all these ways',
    (text) => escaped(text.normalize('NFC').replaceAll(/\s+/g, ' ').replaceAll('’', "'")),
  ],
];

const FIELDS = [
  'name',
  'displayName',
  'formatted',
  'givenName',
  'familyName',
  'firstName',
  'lastName',
  'title',
];
const keeping = (keep: (text: string) => string) => (server: VendorServer) =>
  rewriting(optionsFor(server), (name, value) =>
    FIELDS.includes(name) && typeof value === 'string' ? keep(value) : value,
  );

describe.each(APPS)('%s', (app) => {
  const { writes } = SUBJECTS[app].update;

  it.each(NORMALISED)('confirms a text that is kept %s, and writes it once', async (_, keep) => {
    const { server } = await subjects[app];
    const first = await update(app, keeping(keep));
    expect(first.followUps ?? []).toEqual([]);
    expect(first.status).toBe(writes === null ? 'not_needed' : 'changed');
    const written = server.writes().length;
    const second = await update(app, keeping(keep));
    expect(second.status).toBe(writes === null ? 'not_needed' : 'already_done');
    expect(server.writes()).toHaveLength(written);
  });

  it('leaves a text that is cut to a person', async () => {
    const { followUps } = await update(
      app,
      keeping((text) => text.slice(0, 6)),
    );
    expect(followUps).toEqual([expect.stringMatching(/^(Compare|Change) the .*(name|title)/)]);
  });
});

const WRITTEN = APPS.flatMap((app) => {
  const { writes } = SUBJECTS[app].update;
  return writes === null ? [] : [{ app, ...writes }];
});

it.each(WRITTEN)('$app says not_needed where the text stays as it was', async ({ app, method, texts }) => {
  const { server } = await subjects[app];
  server.inject({ method, forgets: true });
  const { vendorUserId, account, ...result } = await update(app, optionsFor);
  expect(account?.vendorUserId ?? vendorUserId).toBe(vendorUserId);
  expect(result).toEqual({
    status: 'not_needed',
    followUps: [expect.stringContaining('in another form')],
    unwritten: texts,
  });
});

describe('an attribute of a Drift contact', () => {
  const wanted = {
    email: 'ida.holm@customer.example',
    attributes: { name: `${NAME.firstName} ${NAME.lastName}`, phone: '+45 1' },
  };
  const save = async (keep: (text: string) => string) => {
    const { server } = await subjects.drift;
    const client = drift(keeping(keep)(server));
    const before = await client.findContact(wanted.email, null);
    return before === null ? client.createContact(wanted) : client.updateContact(before, wanted);
  };

  it.each(NORMALISED)('is confirmed when it is kept %s, and written once', async (_, keep) => {
    expect(await save(keep)).toMatchObject({ outcome: 'created', altered: [] });
    expect(await save(keep)).toMatchObject({ outcome: 'unchanged' });
  });

  it('is named when it is cut, and fails no row', async () => {
    expect(await save((text) => text.slice(0, 6))).toMatchObject({ outcome: 'created', altered: ['name'] });
  });
});

describe('sameText', () => {
  it.each([
    ['R&amp;D', 'R&D'],
    ['&quot;Ann&quot; &apos;Lee&apos;', '“Ann” ‘Lee’'],
    ['a&nbsp;b', 'a b'],
    ['&#x1F600;', '😀'],
  ])('takes %s and %s for the same', (one, other) => expect(sameText(one, other)).toBe(true));

  it.each([
    ['Ann', 'ann'],
    ['Ann', 'Anne'],
    ['&#99999999;', ''],
    ['&#x110000;', '&#x110001;'],
    ['&eacute;', 'é'],
    ['Zoe', 'Zoë'],
  ])('takes %s and %s for two', (one, other) => expect(sameText(one, other)).toBe(false));
});
