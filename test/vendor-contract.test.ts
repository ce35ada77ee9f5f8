import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { ClientOptions } from '../functions/vendor/http.ts';
import { newOwnerIn } from '../functions/vendor/new-owner.ts';
import { ANN, MARA, ZOE } from '../local/vendors/company.ts';
import { MAY_PASS } from '../state-machines/retry.ts';
import { optionsFor, type StartedSubject, staticCredential } from './contract-subject.ts';
import { ALL_SUBJECTS, titleOf } from './contract-subjects.ts';
import { byAddress } from './new-owner.ts';

// Drata knows Zoë already, so the one who is created is somebody nobody knows.
const NEWCOMER = {
  employeeId: 'E-3001',
  firstName: 'Łucja',
  lastName: "O'Neil",
  email: 'Lucja.ONeil+sales@northlight.example',
};

describe.each(
  ALL_SUBJECTS.map((one) => ({
    title: titleOf(one),
    app: one.vendor,
    start: one.start,
  })),
)('$title', ({ app, start }) => {
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

    it('walks pages of two', async () => {
      subject.removeAccount(ANN.email);
      subject.addAccount(ANN.email);
      // Finding on the first page must not depend on where the account stands.
      expect(await client({ pageSize: 50 }).find(ANN.email)).toMatchObject({ status: 'found' });
      subject.server.reset();
      expect(await client({ pageSize: 2 }).find(ANN.email)).toMatchObject({ status: 'found' });
    });

    it('finds addresses with a plus', async () => {
      subject.addAccount(NEWCOMER.email);
      expect(await client().find(NEWCOMER.email)).toMatchObject({ status: 'found' });
    });

    it.each([
      ['kim.x@northlight.example', 'Kim\u200b.X@Northlight.Example'],
      ['zo\u00eb.x@northlight.example', 'ZOE\u0308.X@northlight.example'],
      ['ann.x@bücher.example', 'ann.x@xn--bcher-kva.example'],
      ['ann.x@xn--bcher-kva.example', 'Ann.X@BÜCHER.example'],
      ["o'neil#r&d?a=b/c%2f@northlight.example", "O'Neil#r&d?a=b/c%2f@northlight.example"],
      ['"a b\\"c"@northlight.example', '"a b\\"c"@northlight.example'],
    ])('closes the account of %s, which the app has as %s', async (told, shown) => {
      subject.addAccount(shown);
      const { account } = await client().find(told);
      if (account === null || account === undefined) throw new Error('The account is not found.');
      expect(await client().deactivate(account)).toMatchObject({ status: 'changed' });
    });

    it('never writes', async () => {
      await client().find(ANN.email);
      expect(subject.server.writes()).toEqual([]);
    });
  });

  describe('writing', () => {
    it('deactivates once; the second time changes nothing', async () => {
      const { account } = await client().find(ANN.email);
      if (account === null || account === undefined) throw new Error('Ann is not seeded.');
      expect(await client().deactivate(account)).toMatchObject({ status: 'changed' });
      expect(subject.isActive(ANN.email)).toBe(false);
      const writes = subject.server.writes().length;
      expect(await client().deactivate(account)).toMatchObject({ status: 'already_done' });
      expect(subject.server.writes()).toHaveLength(writes);
    });

    it('creates once; the second time changes nothing', async () => {
      if (subject.creation === undefined) return;
      expect(await client().create(NEWCOMER)).toMatchObject({ account: { vendorUserId: expect.anything() } });
      await client().create(NEWCOMER);
      expect(subject.countAccounts(NEWCOMER.email)).toBe(1);
      expect(subject.countInvitations(NEWCOMER.email) ?? 1).toBe(1);
    });

    it('counts a deactivation as done when it was applied and the answer was lost', async () => {
      subject.server.inject({ ...subject.deactivation, drop: 'after', times: 1 });
      expect(await deactivateAnn()).toMatchObject({ status: 'changed' });
    });

    it('creates nobody where the vendor’s API cannot', async () => {
      if (subject.creation !== undefined) return;
      expect(await client().create(NEWCOMER)).toEqual({ status: 'not_found' });
      expect(subject.server.writes()).toEqual([]);
    });

    it('never creates or invites twice when the answer to the creation was lost', async () => {
      if (subject.creation === undefined) return;
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

    it.each([1, Number.POSITIVE_INFINITY])(
      'is not misled where what it has found is missing %d times: the login is shut, or tried again',
      async (times) => {
        let sent = 0;
        for (let first = 1; sent >= first - 1; first += 1) {
          subject.server.reset();
          sent = 0;
          const { account } = await client().find(ANN.email);
          if (account === null || account === undefined) throw new Error('Ann is not seeded.');
          const missing: typeof fetch = async (url, init) => {
            sent += 1;
            const isMissing = sent >= first && sent < first + times;
            return isMissing ? new Response('{}', { status: 404 }) : fetch(url, init);
          };
          const { rest, scim, ...options } = optionsFor(subject.server);
          const misled = { ...options, rest: { ...rest, fetch: missing }, scim: { ...scim, fetch: missing } };
          const name = await errorName(subject.connect(misled).deactivate(account));
          if (name === 'no error') expect(subject.isActive(ANN.email), `${first}`).toBe(false);
          else expect(MAY_PASS, `${first}`).toContain(name);
        }
      },
    );

    it('does not believe an answer that reading back does not confirm', async () => {
      subject.server.inject({ ...subject.deactivation, forgets: true });
      expect(await errorName(deactivateAnn())).toBe('VendorUnconfirmedError');
    });
  });

  describe('handing over a record that is refused', () => {
    beforeAll(() => subject.server.allow('rest', { capacity: 10_000, windowMs: 60_000 }));
    afterAll(() => subject.server.allow('rest', subject.server.limits.rest));

    describe.each([
      { status: 404, tags: [] },
      ...[400, 403, 409, 410, 422].map((status) => ({ status, tags: ['slow'] })),
    ])('with $status', ({ status, tags }) => {
      it('moves all others, of every kind, and names that one', { tags }, async () => {
        for (const { what, handOver, ownedBy, pathOf, method = 'PATCH', prepare } of subject.handOvers ??
          []) {
          prepare?.();
          const owned = ownedBy(ANN);
          const [, refused = 0] = owned;
          subject.server.inject({
            method,
            path: new RegExp(`^${pathOf(refused)}$`),
            status,
            body: '{}',
          });
          const { changes, followUps } = await handOver(
            optionsFor(subject.server),
            ANN,
            byAddress(MARA.email),
          );
          expect(ownedBy(ANN), what).toEqual([refused]);
          expect(changes, what).toMatchObject([
            { initial: owned.length, moved: owned.length - 1, gone: 0, refused: 1, remaining: 1 },
          ]);
          expect(followUps, what).toEqual([expect.stringMatching(new RegExp(`\\b${refused}\\b`))]);
        }
      });
    });
  });

  describe('the new owner', () => {
    beforeAll(() => subject.server.allow('rest', { capacity: 10_000, windowMs: 60_000 }));
    afterAll(() => subject.server.allow('rest', subject.server.limits.rest));

    /** Who takes over at an address of E-2's; their accounts, and for whom the others are recorded. */
    const takesOver = (
      reassignTo: string,
      known: { addresses?: string[]; accountIds?: string[]; ownerId?: string },
    ) => {
      const { addresses = [reassignTo], accountIds = [], ownerId = null } = known;
      const newOwner = { employeeIds: ['E-2'], addresses, accountIds: { [app]: accountIds } };
      return newOwnerIn(app, { reassignTo, newOwner }, async () => ownerId);
    };

    it('with the address is somebody else, to whom no record of any kind goes', async () => {
      for (const { what, handOver, ownedBy, prepare } of subject.handOvers ?? []) {
        prepare?.();
        const owned = ownedBy(ANN);
        expect(owned, what).not.toEqual([]);
        const named = takesOver(MARA.email, { ownerId: 'E-1' });
        await expect(handOver(optionsFor(subject.server), ANN, named)).rejects.toMatchObject({
          name: 'InvalidInputError',
          message: expect.stringMatching(/^[^@]* employee E-2's, and is recorded for employee E-1\.[^@]*$/),
        });
        expect(ownedBy(ANN), what).toEqual(owned);
      }
    });

    it('is found by the recorded account, which still has an address from before', async () => {
      for (const { what, handOver, ownedBy, prepare } of subject.handOvers ?? []) {
        prepare?.();
        const { account } = await client().find(MARA.email);
        const accountIds = [account?.vendorUserId ?? ''];
        const addresses = ['mara.renamed@northlight.example', MARA.email];
        const named = takesOver('mara.renamed@northlight.example', { addresses, accountIds });
        await handOver(optionsFor(subject.server), ANN, named);
        expect(ownedBy(ANN), what).toEqual([]);
      }
    });
  });

  describe('a 429 mid-way', () => {
    const waits: number[] = [];
    const waiting = () => ({
      ...optionsFor(subject.server),
      sleep: async (ms: number) => void waits.push(ms),
    });
    /** Refuses the request of that number, of all that the work sends, and lets the same through afterwards. */
    const refuseOnly = (number: number): ClientOptions => {
      const { rest, scim, ...options } = waiting();
      let sent = 0;
      const refusing: typeof fetch = (url, init) => {
        sent += 1;
        if (sent !== number) return fetch(url, init);
        return Promise.resolve(new Response('{}', { status: 429, headers: { 'retry-after': '3' } }));
      };
      return { ...options, rest: { ...rest, fetch: refusing }, scim: { ...scim, fetch: refusing } };
    };
    const withoutIds = (result: unknown) =>
      JSON.stringify(result).replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}|\d+/g, '');
    const works = {
      'a search': (options: ClientOptions) => subject.connect(options).find(ANN.email),
      'a deactivation': async (options: ClientOptions) => {
        const { account } = await client().find(ANN.email);
        if (account === null || account === undefined) throw new Error('Ann is not seeded.');
        return subject.connect(options).deactivate(account);
      },
      'a creation': (options: ClientOptions) => subject.connect(options).create(NEWCOMER),
    };

    const DELAYS_EACH = 'delays each call of %s, and changes nothing else';
    const { 'a search': search, ...writing } = works;
    const delaysEach = async (_: string, work: (options: ClientOptions) => Promise<unknown>) => {
      const wanted = withoutIds(await work(waiting()));
      const writes = () => subject.server.writes().map(({ method, path }) => withoutIds([method, path]));
      const wantedWrites = writes();
      for (let number = 1; ; number += 1) {
        subject.server.reset();
        waits.length = 0;
        expect(withoutIds(await work(refuseOnly(number)))).toBe(wanted);
        expect(writes()).toEqual(wantedWrites);
        if (!waits.includes(3_000)) break;
        expect(number).toBeLessThan(20);
      }
      expect(waits).not.toContain(3_000);
    };
    it.each(Object.entries(writing))(DELAYS_EACH, delaysEach);
    it.each([['a search', search] as const])(DELAYS_EACH, { tags: 'slow' }, delaysEach);

    /** Refuses every call of a number that is divisible by `every`. */
    const refuseEach = (every: number): ClientOptions => {
      const { rest, scim, ...options } = waiting();
      let sent = 0;
      const refusing: typeof fetch = (url, init) => {
        sent += 1;
        return sent % every === 0 ? Promise.resolve(new Response('', { status: 429 })) : fetch(url, init);
      };
      return { ...options, rest: { ...rest, fetch: refusing }, scim: { ...scim, fetch: refusing } };
    };

    it('at every fifth call of a hand-over moves every record of every kind at once', async () => {
      subject.server.allow('rest', { capacity: 10_000, windowMs: 60_000 });
      onTestFinished(() => subject.server.allow('rest', subject.server.limits.rest));
      for (const { what, handOver, ownedBy, prepare } of subject.handOvers ?? []) {
        prepare?.();
        const { length } = ownedBy(ANN);
        const { changes } = await handOver(refuseEach(5), ANN, byAddress(MARA.email));
        expect(changes, what).toMatchObject([{ initial: length, moved: length, remaining: 0 }]);
        expect(ownedBy(ANN), what).toEqual([]);
      }
    });

    it('at every second call of a search and a deactivation leaves both complete', async () => {
      expect(await works['a deactivation'](refuseEach(2))).toMatchObject({ status: 'changed' });
      expect(subject.isActive(ANN.email)).toBe(false);
    });
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
          headers: { 'retry-after': '600' },
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
