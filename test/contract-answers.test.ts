import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { normalizeEmail } from '../functions/shared/email.ts';
import type { StepResult } from '../functions/shared/outcome.ts';
import { ANN, MARA } from '../local/vendors/company.ts';
import { optionsFor, type StartedSubject } from './contract-subject.ts';
import { ALL_SUBJECTS, titleOf } from './contract-subjects.ts';
import { byAddress } from './new-owner.ts';
import { type Rewrite, rewriting, withFields } from './rewritten-answers.ts';

/** The fields that a record shows, and its hand-over does not need. */
const UNNEEDED_OF_RECORDS = [
  ...['title', 'value', 'currency', 'subject', 'type', 'phone', 'org_id', 'person_id', 'add_time'],
  ...['update_time', 'attributes', 'code', 'description', 'domain'],
];
/** A total that is no number says nothing. */
const TOTALS = ['total', 'total_count', 'totalResults', 'totalCount'];
/** What mostly only a search needs. */
const ADDRESSES = ['email', 'userName'];

const KINDS: [string, unknown, tags: string[]][] = [
  ['null', null, []],
  ['a list', [7], []],
  ['a number', 7, ['slow']],
  ['a text', 'text', ['slow']],
  ['an object', { odd: true }, ['slow']],
  ['true', true, ['slow']],
];

describe.each(
  ALL_SUBJECTS.map((one) => ({
    title: titleOf(one),
    ...{ answers: one.answers, start: one.start },
  })),
)('$title', ({ answers, start }) => {
  let subject: StartedSubject;
  const client = (rewrite: Rewrite) => subject.connect(rewriting(optionsFor(subject.server), rewrite));
  const deactivateAnn = async (rewrite: Rewrite) => {
    const { account } = await subject.connect(optionsFor(subject.server)).find(ANN.email);
    if (account === null || account === undefined) throw new Error('Ann is not seeded.');
    return client(rewrite).deactivate(account);
  };

  /** The error that stops the search for a leaver, or what it leaves to people where it has found an open account. */
  const saidOfPages = (rewrite: Rewrite) =>
    client(rewrite)
      .find(ANN.email)
      .then(
        ({ followUps = [] }) => followUps.join(' '),
        ({ name, message }: Error) => `${name}: ${message}`,
      );

  beforeAll(async () => {
    subject = await start();
  });
  afterEach(() => subject.server.reset());
  afterAll(() => subject.server.close());

  describe.each(KINDS)('fields that a call does not need, as %s', (_, value, tags) => {
    const fields = [...answers.unneeded, ...(typeof value === 'number' ? [] : TOTALS)];

    it('do not keep anybody from being found', { tags }, async () => {
      expect(await client(withFields(fields, value)).find(ANN.email)).toMatchObject({
        status: 'found',
      });
    });

    it('do not keep a login open', { tags }, async () => {
      const unneeded = answers.needsAddressToShut ? fields : [...fields, ...ADDRESSES];
      expect(await deactivateAnn(withFields(unneeded, value))).toMatchObject({ status: 'changed' });
      expect(subject.isActive(ANN.email)).toBe(false);
    });
  });

  it('fields that a call does not need do not keep a record from being handed over', async () => {
    const fields = new Set([...answers.unneeded, ...UNNEEDED_OF_RECORDS]);
    // A record that is deleted has no owner any more.
    fields.delete('is_deleted');
    // A number there is another person's.
    fields.delete('userId');
    let shown = 0;
    const inTurn: Rewrite = (name, old) => (fields.has(name) ? KINDS[shown++ % KINDS.length]?.[1] : old);
    subject.server.allow('rest', { capacity: 10_000, windowMs: 60_000 });
    for (const { what, handOver, ownedBy, prepare } of subject.handOvers ?? []) {
      prepare?.();
      const { length } = ownedBy(ANN);
      const { changes } = await handOver(
        rewriting(optionsFor(subject.server), inTurn),
        ANN,
        byAddress(MARA.email),
      );
      expect(changes, what).toMatchObject([{ initial: length, moved: length, remaining: 0 }]);
    }
    subject.server.allow('rest', subject.server.limits.rest);
  });

  it('takes an id for the same, whether it is written as a number or as a text', async () => {
    const otherwise: Rewrite = (name, value) => {
      if (!/^(id|.*(_id|Id)|ids|managerId)$/.test(name)) return value;
      if (typeof value === 'number') return String(value);
      return typeof value === 'string' && /^[1-9]\d{0,14}$/.test(value) ? Number(value) : value;
    };
    const known = await subject.connect(optionsFor(subject.server)).find(ANN.email);
    expect(await client(otherwise).find(ANN.email)).toEqual(known);
    subject.server.allow('rest', { capacity: 10_000, windowMs: 60_000 });
    for (const { what, handOver, ownedBy, prepare } of subject.handOvers ?? []) {
      prepare?.();
      const { length } = ownedBy(ANN);
      const { changes } = await handOver(
        rewriting(optionsFor(subject.server), otherwise),
        ANN,
        byAddress(MARA.email),
      );
      expect(changes, what).toMatchObject([{ initial: length, moved: length, remaining: 0 }]);
    }
    expect(await deactivateAnn(otherwise)).toMatchObject({ status: 'changed' });
    expect(subject.isActive(ANN.email)).toBe(false);
    subject.server.allow('rest', subject.server.limits.rest);
  });

  it('takes 410 for 404, wherever a record is read', async () => {
    const told = (ending: Promise<StepResult>) =>
      ending.then(
        (result) => result.status,
        (error: Error) => error.message.replace(/HTTP 4(04|10)/, 'HTTP 4xx'),
      );
    const withStatus = async (status: number) => {
      const same: Rewrite = (_, value) => value;
      const { account } = await client(same).find(ANN.email);
      subject.server.inject({ method: 'GET', path: /\/[\w-]*\d[\w-]*$/, status });
      const found = await told(client(same).find(ANN.email));
      if (account === null || account === undefined) throw new Error('Ann is not seeded.');
      const ended = await told(client(same).deactivate(account));
      subject.server.reset();
      return { found, ended };
    };
    expect(await withStatus(410)).toEqual(await withStatus(404));
  });

  it.runIf(answers.haveTotal)('does not take pages for all that end before the total', async () => {
    expect(await saidOfPages(withFields(TOTALS, 999))).toMatch(
      /^(VendorResponseError|Look in).* of 999 entries/,
    );
  });

  it.runIf(answers.leadingNowhere !== null)('does not take pages for all that lead nowhere', async () => {
    const rewrite = answers.leadingNowhere ?? ((_, value) => value);
    expect(await saidOfPages(rewrite)).toMatch(/^(VendorResponseError|Look in .* all users could not be)/);
  });

  it.each([
    ['null', null],
    ['an empty text', ''],
    ['a number', 7],
    ['an object', {}],
  ])('finds somebody where a neighbour’s state is %s', async (_, value) => {
    const isAnn = (holder: Record<string, unknown>) =>
      ADDRESSES.some((name) => normalizeEmail(String(holder[name])) === normalizeEmail(ANN.email));
    const rewrite: Rewrite = (name, old, holder) =>
      answers.active.includes(name) && !isAnn(holder) ? value : old;
    expect(await client(rewrite).find(ANN.email)).toMatchObject({ status: 'found' });
  });

  it.each([
    ['null', null],
    ['an empty text', ''],
    ['a list', []],
  ])('takes nobody for shut whose state is %s', async (_, value) => {
    if (answers.active.length === 0) return;
    const ending = deactivateAnn(withFields(answers.active, value));
    expect(
      await ending.then(
        ({ status }) => status,
        (error: Error) => error.name,
      ),
    ).toMatch(/^Vendor(Unconfirmed|Response)Error$/);
  });
});
