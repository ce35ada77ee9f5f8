import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import * as z from 'zod/mini';
import { sameEmail } from '../../functions/shared/email.ts';
import { HrEvent } from '../../functions/shared/events.ts';
import { type Runtime, startRuntime } from '../../local/runtime/runtime.ts';
import { ANN, KENJI, type Person } from '../../local/vendors/company.ts';
import type { DriftwoodState } from '../../local/vendors/driftwood.ts';
import type { VendorServer } from '../../local/vendors/vendor-server.ts';
import { hire, hrEvent, newcomer } from '../requests.ts';

let runtime: Runtime;
let server: VendorServer<DriftwoodState>;

beforeAll(async () => {
  runtime = await startRuntime({ delayScale: 0.0005 });
  const { driftwood } = runtime.vendors;
  if (driftwood === undefined) throw new Error('Driftwood is not simulated.');
  server = driftwood;
});
// Not a reset: Driftwood would hand out the ids that are recorded a second time.
afterEach(() => {
  server.heal();
  server.journal.length = 0;
  Object.assign(server.state, { invitations: [], passwordResets: [] });
});
afterAll(() => runtime.close());

/** Plays a hire in Driftwood; returns the app's part of the report. */
async function play(person: Person, passwordEmail?: boolean) {
  const asked = passwordEmail === undefined ? {} : { passwordEmail };
  const detail = hire(person, { apps: [{ app: 'driftwood', ...asked }] });
  const { apps } = await runtime.play(z.parse(HrEvent, hrEvent('employee.hired', detail)));
  const [app] = apps;
  if (app === undefined) throw new Error('Driftwood is not on the report.');
  return { status: app.status, changes: app.changes.map(({ what }) => what), steps: app.steps };
}

const FORGOT = /^\/users-forgot-password$/;

it('mails a new employee a link for the first password when the hire asks for it', async () => {
  const person = newcomer();
  expect(await play(person, true)).toMatchObject({
    status: 'invited',
    changes: ['user invited', 'password mail requested'],
  });
  expect(server.state.passwordResets).toEqual([person.email]);
});

it.each([undefined, false])('calls nothing for it when passwordEmail is %s', async (passwordEmail) => {
  const { status, changes, steps } = await play(newcomer(), passwordEmail);
  expect({ status, changes }).toEqual({ status: 'invited', changes: ['user invited'] });
  expect(steps.at(-1)).toMatchObject({ step: 'DriftwoodRequestPasswordReset', status: 'not_needed' });
  expect(server.state.passwordResets).toEqual([]);
  const calls = server.journal.map(({ path }) => path);
  expect(calls).toEqual([...Array(3).fill('/users-list'), '/users-invite', '/users-list']);
});

it('mails nobody who has a password, reactivated or not', async () => {
  expect(await play(ANN, true)).toMatchObject({ status: 'already_done', changes: [] });
  expect(await play(KENJI, true)).toMatchObject({ status: 'done', changes: ['user activated'] });
  expect(server.state.passwordResets).toEqual([]);
});

it('sends the mail that failed when the hire is played again, and no second invitation', async () => {
  const person = newcomer();
  server.inject({ path: FORGOT, status: 403, body: '{}' });
  expect(await play(person, true)).toMatchObject({ status: 'failed', changes: ['user invited'] });
  server.heal();
  expect(await play(person, true)).toMatchObject({ status: 'invited', changes: ['password mail requested'] });
  expect(server.state.passwordResets).toEqual([person.email]);
  expect(server.state.invitations).toEqual([person.email]);
});

it('sends three at the most where no answer ever comes, and leaves it to a person', async () => {
  server.inject({ path: FORGOT, drop: 'after' });
  expect(await play(newcomer(), true)).toMatchObject({ status: 'failed', changes: ['user invited'] });
  expect(server.state.passwordResets).toHaveLength(3);
});

it('may send it twice when an answer is lost, until the person has set a password', async () => {
  const person = newcomer();
  server.inject({ path: FORGOT, drop: 'after', times: 1 });
  expect(await play(person, true)).toMatchObject({ status: 'invited' });
  expect(server.state.passwordResets).toEqual([person.email, person.email]);
  for (const user of server.state.users)
    if (sameEmail(user.email, person.email)) user.must_change_password = false;
  expect(await play(person, true)).toMatchObject({ status: 'already_done' });
  expect(server.state.passwordResets).toHaveLength(2);
});
