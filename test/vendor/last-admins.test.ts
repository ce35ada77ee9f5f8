import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { drift } from '../../functions/drift/client.ts';
import { driftwood } from '../../functions/driftwood/client.ts';
import { salesloft } from '../../functions/salesloft/client.ts';
import { sameEmail } from '../../functions/shared/email.ts';
import { MARA, OLOF, type Person } from '../../local/vendors/company.ts';
import { startDrift } from '../../local/vendors/drift.ts';
import { startDriftwood } from '../../local/vendors/driftwood.ts';
import { startSalesloft } from '../../local/vendors/salesloft.ts';
import { inLiveDialect, optionsFor } from '../contract-subject.ts';

const UNRELEASED = { approved: [] };
/** What an account is held for; nothing where it was shut. */
const heldFor = (shut: Promise<unknown>) =>
  shut.then(
    () => [],
    ({ reasons }: { reasons: { kind: string }[] }) => reasons.map(({ kind }) => kind),
  );
function of<T extends { email: string | null }>(records: readonly T[], { email }: Person): T {
  const found = records.find((one) => sameEmail(one.email ?? '', email));
  if (found === undefined) throw new Error(`${email} is not seeded.`);
  return found;
}

describe.each(['guide', 'live'] as const)('SalesLoft in the %s dialect', (dialect) => {
  let server: Awaited<ReturnType<typeof startSalesloft>>;
  beforeAll(async () => {
    const guide = await startSalesloft();
    server = dialect === 'live' ? inLiveDialect(guide) : guide;
  });
  afterEach(() => server.reset());
  afterAll(() => server.close());

  const shut = (person: Person, approved: readonly string[] = []) => {
    const id = String(of(server.state.users, person).id);
    return heldFor(salesloft(optionsFor(server)).deactivateUser(id, { approved }));
  };
  const admin = { id: 2, name: 'Admin' };

  it('keeps its last admin until that is released', async () => {
    expect(await shut(OLOF)).toEqual(['token_user', 'last_admin']);
    expect(await shut(OLOF, ['token_user#salesloft'])).toEqual(['last_admin']);
    expect(server.writes()).toEqual([]);
    expect(await shut(OLOF, ['token_user#salesloft', 'last_admin#salesloft'])).toEqual([]);
  });

  it('lets an admin go while another can log in', async () => {
    of(server.state.users, MARA).role = admin;
    expect(await shut(MARA)).toEqual([]);
  });

  it('counts nobody who is shut', async () => {
    of(server.state.users, MARA).role = admin;
    of(server.state.users, OLOF).active = false;
    expect(await shut(MARA)).toEqual(['last_admin']);
  });

  it('lists nobody because of who is no admin', async () => {
    expect(await shut(MARA)).toEqual([]);
    expect(server.journal.some(({ surface, path }) => surface === 'rest' && path === '/users')).toBe(false);
  });
});

describe.each(['guide', 'live'] as const)('Drift in the %s dialect', (dialect) => {
  let server: Awaited<ReturnType<typeof startDrift>>;
  beforeAll(async () => {
    const guide = await startDrift();
    server = dialect === 'live' ? inLiveDialect(guide) : guide;
    server.allow('rest', { capacity: 10_000, windowMs: 60_000 });
  });
  afterEach(() => server.reset());
  afterAll(() => server.close());

  const shut = (person: Person, approved: readonly string[] = []) => {
    const { id, scimId } = of(server.state.agents, person);
    return heldFor(
      drift(optionsFor(server)).deactivateAgent({ vendorUserId: String(id), scimId }, { approved }),
    );
  };

  it('keeps its last admin until that is released', async () => {
    expect(await shut(OLOF)).toEqual(['last_admin']);
    expect(server.writes()).toEqual([]);
    expect(await shut(OLOF, ['last_admin#drift'])).toEqual([]);
  });

  it('lets an admin go while another has a seat, and then keeps that one', async () => {
    of(server.state.agents, MARA).role = 'admin';
    expect(await shut(MARA)).toEqual([]);
    expect(await shut(OLOF)).toEqual(['last_admin']);
  });

  it('is not asked about who is shut already', async () => {
    of(server.state.agents, OLOF).active = false;
    expect(await shut(OLOF)).toEqual([]);
  });
});

describe('Driftwood CRM', () => {
  let server: Awaited<ReturnType<typeof startDriftwood>>;
  beforeAll(async () => {
    server = await startDriftwood();
  });
  afterEach(() => server.reset());
  afterAll(() => server.close());

  const shut = (person: Person, release: { approved?: readonly string[] } = UNRELEASED) => {
    const { id, email } = of(server.state.users, person);
    return heldFor(driftwood(optionsFor(server)).deactivateUser({ vendorUserId: id, email }, release));
  };

  it('keeps its owner until that is released', async () => {
    expect(await shut(OLOF)).toEqual(['account_owner']);
    expect(server.writes()).toEqual([]);
    expect(await shut(OLOF, { approved: ['account_owner#driftwood'] })).toEqual([]);
  });

  it('keeps the last admin, and lets one go while there is an owner', async () => {
    of(server.state.users, MARA).role = 'admin';
    of(server.state.users, OLOF).role = 'member';
    expect(await shut(MARA)).toEqual(['last_admin']);
    of(server.state.users, OLOF).role = 'owner';
    expect(await shut(MARA)).toEqual([]);
  });

  it('holds nobody because it does not tell a role', async () => {
    for (const user of server.state.users) Object.assign(user, { role: undefined });
    expect(await shut(OLOF)).toEqual([]);
  });

  it('holds no admin while it does not tell what somebody else may do', async () => {
    for (const user of server.state.users) Object.assign(user, { role: undefined });
    of(server.state.users, MARA).role = 'admin';
    expect(await shut(MARA)).toEqual([]);
  });

  it('asks nothing where nothing protects an account', async () => {
    expect(await shut(OLOF, {})).toEqual([]);
  });
});
