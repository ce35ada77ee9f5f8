import { expect, it } from 'vitest';
import type { App } from '../../functions/shared/apps.ts';
import { ann, ben, complete, hire, leave, logins, numberedIn, plant, profileOf, runtime } from './people.ts';

/** What is at the end of an address in the app. */
export const ENDINGS = [
  ['a blank', ' '],
  ['a tab', '\t'],
  ['a non-breaking space', '\u00a0'],
  ['a zero-width space', '\u200b'],
] as const;

/** How HR writes an address: what it is called, and the address as HR and as the app have it. */
export const FORMS = [
  ['its own script', 'ann@bücher.example', 'ann@xn--bcher-kva.example'],
  ['the form of DNS', 'ann@xn--bcher-kva.example', 'ann@bücher.example'],
  ['composed letters', 'zo\u00eb@northlight.example', 'zoe\u0308@northlight.example'],
  ['quotes that it does not need', '"ann.q"@northlight.example', 'ann.q@northlight.example'],
  ['nothing invisible', 'ann.i@northlight.example', 'ann\u200b.i@northlight.example'],
] as const;

/** Addresses that are one for mail servers, and are spelled otherwise in the app than by HR. */
export function describeSpellings(
  app: App,
  {
    endings,
    forms,
  }: { endings: readonly (typeof ENDINGS)[number][]; forms: readonly (typeof FORMS)[number][] },
): void {
  it.each(endings)("an address with %s at its end in the app is the person's", async (_, end) => {
    plant(app, ann, { email: `${ann.email}${end}`, isOpen: true });
    await complete(hire(app, ann));
    expect(logins(app, ann)).toEqual([true]);
    await complete(leave(app, ann));
    expect(logins(app, ann)).toEqual([false]);

    plant(app, ben, { email: `${ben.email}${end}`, isOpen: true });
    await complete(leave(app, ben));
    expect(logins(app, ben)).toEqual([false]);
  });

  it.each(forms)('an address that HR writes with %s is closed as the app has it', async (_, told, shown) => {
    plant(app, ann, { email: numberedIn(shown), isOpen: true });
    await runtime.store.writeProfile(ann.employeeId, profileOf({ ...ann, email: numberedIn(told) }));
    await complete(leave(app, { ...ann, email: numberedIn(told) }));
    expect(logins(app, ann)).toEqual([false]);
  });
}
