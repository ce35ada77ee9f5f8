import { sameEmail } from '../shared/email.ts';
import { takeHire } from './joiners.ts';
import type { Facts, ToldHire } from './known.ts';
import { addFinding, entriesOf, type Look, tell, todayOf } from './look.ts';
import { takeNewNumber } from './numbers.ts';
import { hasOtherNames } from './worker.ts';

/** Somebody who works here and stays. */
export function takeColleague(look: Look): void {
  const { known, context, decision } = look;
  const { hire } = known;
  if (hire?.assumed && context.mode === 'adopt') {
    takeHire(look);
    return;
  }
  if (hire === null || decision.outOfScope !== null) return;
  if (takeNewNumber(look)) return;
  findLaterStart(look, hire);
  findOtherApps(look, hire);
  tellNews(look, hire);
}

/** Tells what is new since the last event, to whoever has accounts. */
export function tellNews(look: Look, hire: ToldHire): void {
  const { known, facts } = look;
  const news = newsOf(look);
  known.facts = { ...known.facts, ...facts };
  if (Object.keys(news).length === 0) return;
  if (!hire.assumed) tell(look, 'employee.updated', { employee: { employeeId: known.employeeId, ...news } });
  else if (news.email !== undefined)
    addFinding(
      look,
      'renamed_before_adoption',
      'The address has changed, and tenure has no account recorded of which it could tell. Adopt the company with --adopt.',
    );
}

/** What the source says by now that no event has told. */
export function newsOf({ known, worker, before, facts }: Look): Facts {
  const told: Readonly<Record<string, string | undefined>> = known.facts;
  const hasMoved = worker.location !== before?.worker.location;
  const isNew = ([fact, value]: [string, string]) => {
    const last = told[fact];
    if (fact === 'timeZone') return hasMoved && value !== last;
    if (fact === 'email' || fact === 'managerEmail') return !sameEmail(last ?? '', value);
    return value !== last;
  };
  return Object.fromEntries(entriesOf(facts).filter(isNew));
}

/** Nobody gets somebody else's accounts because an id was used again. @returns whether it seems so */
export function findSomebodyElse(look: Look): boolean {
  const { known, facts } = look;
  const told = known.facts.email;
  const isOther =
    known.hire !== null &&
    told !== undefined &&
    facts.email !== undefined &&
    !sameEmail(told, facts.email) &&
    hasOtherNames(known.facts, facts);
  if (isOther)
    addFinding(
      look,
      'another_person',
      'The record has another first name, last name and address than tenure was told of, so it is left alone. If the id was used again, give the new person one of their own, and record that the former one has left. If it is the same person, change the names and the address one after the other.',
    );
  return isOther;
}

/** The accounts are there already when a first day moves too late. */
function findLaterStart(look: Look, { assumed, startDate: told }: ToldHire): void {
  const { startDate } = look.worker;
  if (assumed || startDate == null || startDate === told || startDate <= todayOf(look)) return;
  addFinding(
    look,
    'start_moved',
    `The first day is ${startDate} by now, and the accounts were made for ${told}. If nobody may log in before, rescind the hire and send it again.`,
  );
}

function findOtherApps(look: Look, { apps: given }: ToldHire): void {
  const { value, from } = look.decision.apps;
  const wanted = value.map(({ app }) => app);
  if (wanted.every((app) => given.includes(app))) return;
  addFinding(
    look,
    'apps_differ',
    `The policy gives ${wanted.join(', ') || 'no app'} by now (rule ${from}); at the hire it gave ${given.join(', ') || 'none'}. Send a hire for what is to be added.`,
  );
}
