import { expect } from 'vitest';
import type { CredentialSource, Token } from '../../functions/credentials/secrets.ts';
import { CLAIM_MS, LEASE_MS } from '../../functions/credentials/token-renewal.ts';
import type { OAuthServer } from '../../local/vendors/oauth-server.ts';
import { startPipedrive } from '../../local/vendors/pipedrive.ts';
import { AWAITS, type Await, type Backend, type Hook, oauthOf, startBackend } from './oauth-workers.ts';

const PAUSE_MS = 15_000;

type Fault = { at: Await; side: 'before' | 'after'; kind: 'crash' | 'stall' };
type Result = Token | 'crashed' | Error;

/** One Lambda container. */
type Container = {
  credential: CredentialSource;
  strikes: { hook: Hook };
  crashed: Promise<'crashed'>;
  crash: () => void;
};

/** The one window that cannot be closed: the vendor has answered, and nothing is stored. */
const isOpenWindow = ({ at, side, kind }: Fault) =>
  kind === 'crash' && (at === 'request' ? side === 'after' : at === 'store' && side === 'before');

const FAULTS = AWAITS.flatMap((at): Fault[] => [
  { at, side: 'before', kind: 'stall' },
  { at, side: 'after', kind: 'stall' },
  { at, side: 'before', kind: 'crash' },
  { at, side: 'after', kind: 'crash' },
]).filter((fault) => !isOpenWindow(fault));

const NEVER: Hook = async () => {};

let time = Date.UTC(2026, 0, 5);
const now = () => time;
let backend: Backend;
/** How long a worker that waits for another one pauses; a large crowd's polls would keep the CPU from the others. */
let pollMs = 0;
/** What a worker that waits for another one does; set anew for each round. */
let onPoll = () => {};

function startContainer(): Container {
  const strikes = { hook: NEVER };
  const { promise: crashed, resolve } = Promise.withResolvers<'crashed'>();
  const credential = backend.worker({
    hook: (at, side) => strikes.hook(at, side),
    sleep: async () => {
      onPoll();
      await new Promise((wake) => setTimeout(wake, pollMs));
    },
  });
  return { credential, strikes, crashed, crash: () => resolve('crashed') };
}

/** All workers need the token at once, and the fault strikes the first of them to get there. */
async function round(containers: readonly Container[], fault?: Fault): Promise<Result[]> {
  const { promise: resumed, resolve: resume } = Promise.withResolvers<void>();
  let hasStruck = false;
  let settled = 0;
  let polls = 0;
  onPoll = () => {
    polls += 1;
    if (polls < containers.length * 2) return;
    // Nobody gets on without the one that stalls; and nobody waits forever for the one that crashed.
    resume();
    if (fault?.kind === 'crash') throw new Error('The step ran out of time.');
  };
  const results = await Promise.all(
    containers.map(async ({ credential, strikes, crashed, crash }): Promise<Result> => {
      strikes.hook = async (at, side) => {
        if (hasStruck || at !== fault?.at || side !== fault.side) return;
        hasStruck = true;
        if (fault.kind === 'stall') {
          time += LEASE_MS + 1;
          return resumed;
        }
        crash();
        return new Promise(() => {});
      };
      const result = await Promise.race([credential.token(), crashed]).catch((error: Error) => error);
      settled += 1;
      if (settled === containers.length - 1) resume();
      return result;
    }),
  );
  expect(hasStruck).toBe(fault !== undefined);
  return results;
}

const isToken = (result: Result): result is Token => result !== 'crashed' && !(result instanceof Error);

/**
 * Lets `workers` containers need a token at once over `expiries` of its expiries, with a stall or a crash at every
 * await of a refresh, and expects one refresh for each expiry and no revocation.
 */
export async function expectOneRefreshEach(size: { workers: number; expiries: number }): Promise<void> {
  pollMs = size.workers / 2;
  const vendor = await startPipedrive(now);
  const oauth = oauthOf(vendor);
  backend = await startBackend('pipedrive', oauth.grant(), now);
  await runExpiries(size, oauth);
  await backend.close();
  await vendor.close();
}

async function runExpiries(
  { workers, expiries }: { workers: number; expiries: number },
  oauth: OAuthServer,
): Promise<void> {
  let containers = Array.from({ length: workers }, startContainer);
  await round(containers);
  expect(FAULTS.length).toBeLessThanOrEqual(expiries);

  for (let expiry = 1; expiry <= expiries; expiry += 1) {
    const fault = FAULTS[expiry - 1];
    const before = await backend.held();
    // Two times out of three the old token is still valid for a while.
    time = Date.parse(before.expiresAt) + (expiry % 3 === 0 ? 1000 : -300_000);

    const results = await round(containers, fault);
    for (const token of results.filter(isToken)) expect(oauth.accepts(token.value)).toBe(true);
    const crashes = fault?.kind === 'crash' ? 1 : 0;
    expect(results.filter((result) => result === 'crashed')).toHaveLength(crashes);
    if (crashes === 0) expect(results.filter((result) => !isToken(result))).toEqual([]);

    // What failed is retried, in a new container where the old one is gone; a dead worker's claim has run out.
    containers = containers.map((container, index) =>
      results[index] === 'crashed' ? startContainer() : container,
    );
    time += crashes === 1 ? CLAIM_MS : PAUSE_MS;
    await round(containers);
    // Whoever still had a valid token while another one refreshed has the new one the next time.
    time += PAUSE_MS;
    const { accessToken } = await backend.held();
    const values = (await round(containers)).map((result) => (isToken(result) ? result.value : result));
    expect(new Set(values)).toEqual(new Set([accessToken]));
    expect(oauth.accepts(accessToken)).toBe(true);
    expect({ expiry, fault, refreshes: oauth.refreshes, revocations: oauth.revocations }).toEqual({
      expiry,
      fault,
      refreshes: expiry,
      revocations: 0,
    });
    expect(accessToken).not.toBe(before.accessToken);
  }
}
