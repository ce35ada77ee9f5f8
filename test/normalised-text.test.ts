import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { drata } from '../functions/drata/client.ts';
import { drift } from '../functions/drift/client.ts';
import { driftwood } from '../functions/driftwood/client.ts';
import { pipedrive } from '../functions/pipedrive/client.ts';
import { salesloft } from '../functions/salesloft/client.ts';
import { APPS, type App } from '../functions/shared/apps.ts';
import type { StepResult } from '../functions/shared/outcome.ts';
import type { ClientOptions } from '../functions/vendor/http.ts';
import { sameText } from '../functions/vendor/same-text.ts';
import { ANN } from '../local/vendors/company.ts';
import { startDrata } from '../local/vendors/drata.ts';
import { startDrift } from '../local/vendors/drift.ts';
import { startDriftwood } from '../local/vendors/driftwood.ts';
import { startPipedrive } from '../local/vendors/pipedrive.ts';
import { startSalesloft } from '../local/vendors/salesloft.ts';
import { optionsFor } from './contract-subject.ts';
import { rewriting } from './rewritten-answers.ts';

const vendors = {
  pipedrive: await startPipedrive(),
  drata: await startDrata(),
  salesloft: await startSalesloft(),
  drift: await startDrift(),
  driftwood: await startDriftwood(),
};
const servers = Object.values(vendors);
beforeEach(() => {
  for (const server of servers) server.reset();
});
afterAll(() => Promise.all(servers.map((server) => server.close())));

// Decomposed letters, blanks of three kinds, a sign that HTML names, and a typographic apostrophe.
const NAME = { firstName: 'Annelie\u0301  Zoe\u0308', lastName: 'O’Neil\u00a0& Sons, née <Lee>' };
const TITLE = 'Head of  R&D’s Über-Team';
const WHOLE = { name: `${NAME.firstName} ${NAME.lastName}`, email: ANN.email };
const TOLD = { name: NAME, email: ANN.email };

const idOf = (app: App) => {
  const account = vendors[app].accounts().find(({ email }) => email === ANN.email);
  if (account === undefined) throw new Error(`Ann is not seeded in ${app}.`);
  return account;
};

/** Writes Ann's name, and where the app takes it her title. */
const UPDATES: Record<App, (options: ClientOptions) => Promise<StepResult>> = {
  pipedrive: (options) =>
    pipedrive({ ...options, mode: 'rest' }).updateUser(idOf('pipedrive').vendorUserId, WHOLE),
  drata: (options) =>
    drata(options).updatePersonnel(
      idOf('drata').vendorUserId,
      {
        ...{ employeeId: ANN.employeeId, ...NAME, email: ANN.email, title: TITLE, department: null },
        ...{ employmentType: null, startDate: null, managerEmail: null },
      },
      { reopens: false, ownAddresses: [ANN.email] },
    ),
  salesloft: (options) => salesloft(options).updateUser(idOf('salesloft').vendorUserId, TOLD),
  drift: async (options) => {
    const client = drift(options);
    const [found] = await client.findAgent({ vendorUserId: null, addresses: [ANN.email] });
    if (found === undefined) throw new Error('Ann is not seeded in drift.');
    return client.updateAgent(found.account, TOLD);
  },
  driftwood: (options) => {
    const user = vendors.driftwood.state.users.find(({ email }) => email === ANN.email);
    // No call changes a name, so this one is as HR wants it.
    if (user !== undefined) user.name = WHOLE.name;
    return driftwood(options).updateUser(
      { vendorUserId: idOf('driftwood').vendorUserId, email: ANN.email },
      WHOLE,
    );
  },
};

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
const keeping = (app: App, keep: (text: string) => string) =>
  rewriting(optionsFor(vendors[app]), (name, value) =>
    FIELDS.includes(name) && typeof value === 'string' ? keep(value) : value,
  );

describe.each(APPS)('%s', (app) => {
  const update = UPDATES[app];

  it.each(NORMALISED)('confirms a text that is kept %s, and writes it once', async (_, keep) => {
    const first = await update(keeping(app, keep));
    expect(first.followUps ?? []).toEqual([]);
    expect(first.status).toBe(app === 'driftwood' ? 'not_needed' : 'changed');
    const writes = vendors[app].writes().length;
    expect((await update(keeping(app, keep))).status).toBe(
      app === 'driftwood' ? 'not_needed' : 'already_done',
    );
    expect(vendors[app].writes()).toHaveLength(writes);
  });

  it('leaves a text that is cut to a person', async () => {
    const { followUps } = await update(keeping(app, (text) => text.slice(0, 6)));
    expect(followUps).toEqual([expect.stringMatching(/^(Compare|Change) the .*(name|title)/)]);
  });
});

it.each(['drata', 'salesloft', 'drift', 'pipedrive'] as const)(
  '%s says not_needed where the text stays as it was',
  async (app) => {
    vendors[app].inject({ method: app === 'pipedrive' ? 'PUT' : 'PATCH', forgets: true });
    expect(await UPDATES[app](optionsFor(vendors[app]))).toEqual({
      status: 'not_needed',
      ...(app === 'drata' ? { account: { vendorUserId: idOf(app).vendorUserId } } : {}),
      followUps: [expect.stringContaining('in another form')],
      unwritten: app === 'drata' ? ['name', 'title'] : ['name'],
    });
  },
);

describe('an attribute of a Drift contact', () => {
  const wanted = { email: 'ida.holm@customer.example', attributes: { name: WHOLE.name, phone: '+45 1' } };
  const save = async (keep: (text: string) => string) => {
    const client = drift(keeping('drift', keep));
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
