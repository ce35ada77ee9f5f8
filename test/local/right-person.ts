import { expect, it } from 'vitest';
import type { App } from '../../functions/shared/apps.ts';
import {
  ann,
  ben,
  change,
  complete,
  expectConflict,
  hire,
  hrEvent,
  leave,
  logins,
  nameOf,
  number,
  plant,
  playWithoutWrites,
  profileOf,
  runtime,
  vendors,
} from './people.ts';

/**
 * Each of these went wrong once: somebody else was shut, or somebody who had left was not.
 *
 * @param isWanted which of them are played in this app, by their number.
 */
export function describeRightPerson(app: App, isWanted: (number: number) => boolean): void {
  let count = 0;
  const test = (name: string, play: () => Promise<void>) => {
    if (isWanted(count++)) it(name, play);
  };

  test('an unknown leaver with the address of a colleague shuts nobody', async () => {
    await complete(hire(app, ben));
    const report = await playWithoutWrites(app, leave(app, { ...ann, email: ben.email }));
    expectConflict(report, app);
    expect(report.apps[0]?.error?.message).toContain(ben.employeeId);
    expect(logins(app, ben)).toEqual([true]);
  });

  test('hired as 0007, terminated as 7: nobody is shut, and the conflict names both numbers', async () => {
    const hired = { ...ann, employeeId: `000${number}` };
    await complete(hire(app, hired));
    const report = await playWithoutWrites(app, leave(app, { ...ann, employeeId: String(number) }));
    expectConflict(report, app);
    expect(report.apps[0]?.error?.message).toContain(`takeover ${hired.employeeId} ${number}`);
    expect(logins(app, ann)).toEqual([true]);
  });

  test("one person's number with another's address shuts neither", async () => {
    await complete(hire(app, ann));
    await complete(hire(app, ben));
    const mistyped = { employeeId: ann.employeeId, email: ben.email };
    expectConflict(await playWithoutWrites(app, leave(app, mistyped)), app);
    expect([logins(app, ann), logins(app, ben)]).toEqual([[true], [true]]);
  });

  test("a new hire gets no leaver's account with the address, and the leaver's termination again shuts nobody", async () => {
    await complete(hire(app, ann));
    await complete(leave(app, ann));
    const newcomer = { ...ben, email: ann.email };
    expectConflict(await playWithoutWrites(app, hire(app, newcomer)), app);
    expect(logins(app, ann)).toEqual([false]);

    change(app, ann, { email: `left-${ann.email}` });
    await complete(hire(app, newcomer));
    expect(logins(app, ben)).toEqual([true]);
    await playWithoutWrites(app, leave(app, ann));
    expect([logins(app, ann), logins(app, ben)]).toEqual([[false], [true]]);
  });

  test('a new hire gets no account of a leaver whom tenure never knew', async () => {
    plant(app, ann, { isOpen: false });
    const report = await playWithoutWrites(app, hire(app, { ...ben, email: ann.email }));
    expectConflict(report, app);
    expect([logins(app, ann), logins(app, ben)]).toEqual([[false], []]);
  });

  test("a hire with a working colleague's address and another role changes nothing", async () => {
    await complete(hire(app, ann));
    const hired = hire(app, { ...ben, email: ann.email }, 'Account Executive');
    expectConflict(await playWithoutWrites(app, hired), app);
    expect([logins(app, ann), logins(app, ben)]).toEqual([[true], []]);
  });

  test("a change to a colleague's address stops neither of both later", async () => {
    await complete(hire(app, ann));
    await complete(hire(app, ben));
    const mistyped = { employeeId: ann.employeeId, email: ben.email };
    expectConflict(await playWithoutWrites(app, hrEvent('employee.updated', { employee: mistyped })), app);
    const title = { employeeId: ben.employeeId, title: 'Head of Sales' };
    await complete(hrEvent('employee.updated', { employee: title }));
    await complete(leave(app, ann));
    expect([logins(app, ann), logins(app, ben)]).toEqual([[false], [true]]);
  });

  test("a rehire gets no account of the one who has the leaver's address by now", async () => {
    await complete(hire(app, ann));
    await complete(leave(app, ann));
    change(app, ann, { email: `left-${ann.email}` });
    const newcomer = { ...ben, email: ann.email };
    await complete(hire(app, newcomer));
    await complete(leave(app, newcomer));
    await runtime.play(hire(app, ann));
    expect(logins(app, ben)).toEqual([false]);
  });

  test('the address of somebody whose own hire failed goes to nobody else', async () => {
    vendors[app].inject({ status: 500, times: 200 });
    expect(await runtime.play(hire(app, ann))).toMatchObject({ status: 'failed' });
    vendors[app].heal();
    expectConflict(await playWithoutWrites(app, hire(app, { ...ben, email: ann.email })), app);
    await complete(hire(app, ann));
    expect([logins(app, ann), logins(app, ben)]).toEqual([[true], []]);
  });

  test('a typing error that meets somebody unknown with the same first name shuts neither', async () => {
    await complete(hire(app, ann));
    const colleague = { ...ben, firstName: 'Ann' };
    plant(app, colleague, { isOpen: true });
    expectConflict(
      await playWithoutWrites(app, leave(app, { employeeId: ann.employeeId, email: ben.email })),
      app,
    );
    expect([logins(app, ann), logins(app, colleague)]).toEqual([[true], [true]]);
  });

  test("a seat that was renamed to its new holder outlives the former holder's termination", async () => {
    await complete(hire(app, ann));
    await runtime.store.writeProfile(ben.employeeId, profileOf(ben));
    change(app, ann, { name: nameOf(ben), email: ben.email });
    expectConflict(await playWithoutWrites(app, leave(app, ann)), app);
    expect(logins(app, ben)).toEqual([true]);
  });

  test('a second account that is open is shut, though the recorded one is shut already', async () => {
    await complete(hire(app, ann));
    change(app, ann, { email: `first-${ann.email}`, isOpen: false });
    plant(app, ann, { isOpen: true });
    await complete(leave(app, ann));
    expect(logins(app, ann)).toEqual([false, false]);
  });

  test('an open account with something invisible in its address is shut, though a known one is shut already', async () => {
    await complete(hire(app, ann));
    change(app, ann, { isOpen: false });
    plant(app, ann, { email: ann.email.replace('.', '\u200b.'), isOpen: true });
    await complete(leave(app, ann));
    expect(logins(app, ann)).toEqual([false, false]);
  });

  test('terminated under a new address: the account under the earlier one is shut', async () => {
    await runtime.store.writeProfile(ann.employeeId, profileOf(ann));
    plant(app, ann, { isOpen: true });
    const married = { employeeId: ann.employeeId, email: `married-${ann.email}` };
    await complete(hrEvent('employee.updated', { employee: married }));
    await complete(leave(app, married));
    expect(logins(app, ann)).toEqual([false]);
  });

  test('an employee who is known and has no account there leaves as complete', async () => {
    await runtime.store.writeProfile(ann.employeeId, profileOf(ann));
    const report = await playWithoutWrites(app, leave(app, ann));
    expect(report).toMatchObject({ status: 'complete', apps: [{ status: 'not_found' }] });
  });

  test('a leaver whom neither tenure nor the app knows is an unknown person', async () => {
    const report = await playWithoutWrites(app, leave(app, ann));
    expect(report).toMatchObject({ status: 'unknown_person', apps: [{ status: 'not_found' }] });
    expect(report.followUps?.join()).toContain(`Find out who employee ${ann.employeeId} is`);
  });
}
