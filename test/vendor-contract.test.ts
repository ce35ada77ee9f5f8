import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { ANN, MARA, ZOE } from '../local/vendors/company.ts';
import { optionsFor, type StartedSubject, staticCredential } from './contract-subject.ts';
import { SUBJECTS } from './contract-subjects.ts';
import { pipedriveScimSubject } from './pipedrive/contract-subject.ts';

// Drata knows Zoë already, so the one who is created is somebody nobody knows.
const NEWCOMER = {
  employeeId: 'E-3001',
  firstName: 'Łucja',
  lastName: "O'Neil",
  email: 'Lucja.ONeil+sales@northlight.example',
};

const subjects = [...Object.values(SUBJECTS), pipedriveScimSubject];

describe.each(
  subjects.map(({ vendor, mode, start }) => ({
    title: [vendor, mode].filter(Boolean).join(' over '),
    start,
  })),
)('$title', ({ start }) => {
  let subject: StartedSubject;
  const client = (overrides?: Parameters<typeof optionsFor>[1]) =>
    subject.connect(optionsFor(subject.server, overrides));
  const deactivateAnn = async (overrides?: Parameters<typeof optionsFor>[1]) => {
    const { account } = await client().find(ANN.email);
    if (account === null || account === undefined) throw new Error('Ann is not seeded.');
    return client(overrides).deactivate(account);
  };
  const errorName = (promise: Promise<unknown>) =>
    promise.then(
      () => 'no error',
      (error: Error) => error.name,
    );

  beforeAll(async () => {
    subject = await start();
  });
  afterEach(() => subject.server.reset());
  afterAll(() => subject.server.close());

  describe('finding', () => {
    it('does not mind the case of an address', async () => {
      expect(await client().find(ANN.email.toUpperCase())).toMatchObject({ status: 'found' });
    });

    it('says not_found for somebody who has no account', async () => {
      expect(await client().find('nobody@northlight.example')).toMatchObject({
        status: 'not_found',
        account: null,
      });
    });

    it('does not take a neighbour whose address contains the one looked for', async () => {
      subject.removeAccount(ANN.email);
      expect(await client().find(ANN.email)).toMatchObject({ status: 'not_found' });
    });

    it('refuses to guess between two accounts with the same address', async () => {
      subject.addAccount(ANN.email.toUpperCase());
      expect(await errorName(client().find(ANN.email))).toBe('AmbiguousUserError');
    });

    it('walks pages of one', async () => {
      subject.removeAccount(ANN.email);
      subject.addAccount(ANN.email);
      // Finding on the first page must not depend on where the account stands.
      expect(await client({ pageSize: 50 }).find(ANN.email)).toMatchObject({ status: 'found' });
      subject.server.reset();
      expect(await client({ pageSize: 1 }).find(ANN.email)).toMatchObject({ status: 'found' });
    });

    it('finds addresses with a plus', async () => {
      subject.addAccount(NEWCOMER.email);
      expect(await client().find(NEWCOMER.email)).toMatchObject({ status: 'found' });
    });

    it('never writes', async () => {
      await client().find(ANN.email);
      expect(subject.server.writes()).toEqual([]);
    });
  });

  describe('writing', () => {
    it('deactivates once; the second time changes nothing', async () => {
      expect(await deactivateAnn()).toMatchObject({ status: 'changed' });
      expect(subject.isActive(ANN.email)).toBe(false);
      const writes = subject.server.writes().length;
      expect(await deactivateAnn()).toMatchObject({ status: 'already_done' });
      expect(subject.server.writes()).toHaveLength(writes);
    });

    it('creates once; the second time changes nothing', async () => {
      expect(await client().create(NEWCOMER)).toMatchObject({ account: { vendorUserId: expect.anything() } });
      await client().create(NEWCOMER);
      expect(subject.countAccounts(NEWCOMER.email)).toBe(1);
      expect(subject.countInvitations(NEWCOMER.email) ?? 1).toBe(1);
    });

    it('counts a deactivation as done when it was applied and the answer was lost', async () => {
      subject.server.inject({ ...subject.deactivation, drop: 'after', times: 1 });
      expect(await deactivateAnn()).toMatchObject({ status: 'changed' });
    });

    it('never creates or invites twice when the answer to the creation was lost', async () => {
      subject.server.inject({ ...subject.creation, drop: 'after', times: 1 });
      expect(await client().create(NEWCOMER)).toMatchObject({ account: { vendorUserId: expect.anything() } });
      expect(subject.countAccounts(NEWCOMER.email)).toBe(1);
      expect(subject.countInvitations(NEWCOMER.email) ?? 1).toBe(1);
    });

    it.each(['malformed', 'empty', 'truncated'] as const)(
      'is not misled by a %s answer to a write',
      async (answerBody) => {
        subject.server.inject({ ...subject.deactivation, answerBody, times: 1 });
        expect(await deactivateAnn()).toMatchObject({ status: 'changed' });
      },
    );

    it('reports a write that was lost before it was applied', async () => {
      subject.server.inject({ ...subject.deactivation, drop: 'before', times: 1 });
      expect(await errorName(deactivateAnn())).toBe('VendorUnavailableError');
      expect(subject.isActive(ANN.email)).toBe(true);
    });

    it('does not believe an answer that reading back does not confirm', async () => {
      subject.server.inject({ ...subject.deactivation, forgets: true });
      expect(await errorName(deactivateAnn())).toBe('VendorUnconfirmedError');
    });
  });

  describe('handing over a record that is refused', () => {
    beforeAll(() => subject.server.allow('rest', { capacity: 10_000, windowMs: 60_000 }));
    afterAll(() => subject.server.allow('rest', subject.server.limits.rest));

    it.each([400, 403, 404, 409, 410, 422])(
      'with %i moves all others, of every kind, and names that one',
      async (status) => {
        for (const { what, handOver, ownedBy, pathOf } of subject.handOvers ?? []) {
          const owned = ownedBy(ANN);
          const [, refused = 0] = owned;
          subject.server.inject({
            method: 'PATCH',
            path: new RegExp(`^${pathOf(refused)}$`),
            status,
            body: '{}',
          });
          const { changes, followUps } = await handOver(optionsFor(subject.server), ANN, MARA);
          expect(ownedBy(ANN), what).toEqual([refused]);
          expect(changes, what).toMatchObject([
            { initial: owned.length, moved: owned.length - 1, gone: 0, refused: 1, remaining: 1 },
          ]);
          expect(followUps, what).toEqual([expect.stringMatching(new RegExp(`\\b${refused}\\b`))]);
        }
      },
    );
  });

  describe('failing', () => {
    it.each([
      [401, 'VendorAuthError'],
      [403, 'VendorAuthError'],
      [429, 'VendorRateLimitedError'],
      [500, 'VendorUnavailableError'],
      [503, 'VendorUnavailableError'],
      [400, 'VendorRejectedError'],
      [302, 'VendorResponseError'],
    ])('turns status %i into %s', async (status, name) => {
      subject.server.inject({ status, body: '{}', headers: { location: 'http://127.0.0.1:9/' } });
      expect(await errorName(client().find(ANN.email))).toBe(name);
      expect(subject.server.writes()).toEqual([]);
    });

    it('gives up on an answer that takes too long', async () => {
      subject.server.inject({ delayMs: 400 });
      expect(await errorName(client({ timeoutMs: 40 }).find(ANN.email))).toBe('VendorUnavailableError');
    });

    it.each(['malformed', 'empty', 'truncated'] as const)('refuses a %s answer', async (answerBody) => {
      subject.server.inject({ answerBody });
      expect(await errorName(client().find(ANN.email))).toBe('VendorResponseError');
    });

    it('reports a connection that is cut', async () => {
      subject.server.inject({ drop: 'before' });
      expect(await errorName(client().find(ANN.email))).toBe('VendorUnavailableError');
    });

    it('sends the request once more after the secret has changed', async () => {
      const options = optionsFor(subject.server);
      const renewed = (token: string) => ({
        ...staticCredential('stale'),
        tokenAfterRefusal: staticCredential(token).token,
      });
      const { tokens } = subject.server;
      const renewedClient = subject.connect({
        ...options,
        rest: { ...options.rest, credential: renewed(tokens.rest) },
        scim: { ...options.scim, credential: renewed(tokens.scim) },
      });
      expect(await renewedClient.find(ANN.email)).toMatchObject({ status: 'found' });
    });

    it('does not accept the token of the other surface', async () => {
      const options = optionsFor(subject.server);
      const swapped = subject.connect({
        ...options,
        rest: { ...options.rest, credential: staticCredential(subject.server.tokens.scim) },
        scim: { ...options.scim, credential: staticCredential(subject.server.tokens.rest) },
      });
      expect(await errorName(swapped.find(ANN.email))).toBe('VendorAuthError');
    });

    it('tells nothing secret and nothing personal', async () => {
      const written: unknown[] = [];
      const spies = [vi.spyOn(process.stdout, 'write'), vi.spyOn(process.stderr, 'write')];
      for (const spy of spies) spy.mockImplementation((chunk) => Boolean(written.push(String(chunk))));
      const told: string[] = [];
      for (const status of [400, 401, 403, 429, 500]) {
        subject.server.inject({
          status,
          body: JSON.stringify({ token: subject.server.tokens.rest, email: ANN.email }),
          times: 2,
        });
        const error: Error = await client()
          .find(ANN.email)
          .then(
            () => new Error('no error'),
            (thrown: Error) => thrown,
          );
        told.push(error.message, JSON.stringify(error), error.stack ?? '');
        subject.server.reset();
      }
      for (const spy of spies) spy.mockRestore();
      const all = [...told, ...written].join('\n');
      for (const secret of [subject.server.tokens.rest, subject.server.tokens.scim, ANN.email, ZOE.email]) {
        expect(all).not.toContain(secret);
      }
    });
  });
});
