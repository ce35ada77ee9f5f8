import { describe } from 'vitest';
import { APPS, type App } from '../../functions/shared/apps.ts';
import { usePeople } from './people.ts';
import { describeRightPerson } from './right-person.ts';
import { describeSpellings, ENDINGS, FORMS } from './spellings.ts';

usePeople();

// Each in one of the apps, which take turns; test/slow/right-person.test.ts plays all of them in all apps.
const isTurnOf = (app: App, number: number) => (number + APPS.indexOf(app)) % APPS.length === 0;
const inTurn = <T>(all: readonly T[], app: App) =>
  all.filter((_, index) => index === APPS.indexOf(app) % all.length);

describe.each(APPS)('%s:', (app) => {
  describeRightPerson(app, (number) => isTurnOf(app, number));
  describeSpellings(app, { endings: inTurn(ENDINGS, app), forms: inTurn(FORMS, app) });
});
