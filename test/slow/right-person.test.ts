import { describe } from 'vitest';
import { APPS } from '../../functions/shared/apps.ts';
import { usePeople } from '../local/people.ts';
import { describeRightPerson } from '../local/right-person.ts';
import { describeSpellings, ENDINGS, FORMS } from '../local/spellings.ts';

usePeople();

describe.each(APPS)('%s:', (app) => {
  describeRightPerson(app, () => true);
  describeSpellings(app, { endings: ENDINGS, forms: FORMS });
});
