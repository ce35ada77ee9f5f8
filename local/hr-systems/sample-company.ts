import { addDays } from './days.ts';
import type { HrPerson, HrRecords } from './people.ts';

/** Something that happens to somebody in HR, on a day. */
export type HrChange = { day: string; id: string; what: string; make: (records: HrRecords) => void };

export type SampleCompany = {
  /** The day before the year. */
  start: string;
  end: string;
  /** Who works there when the year begins. */
  staff: readonly HrPerson[];
  /** The year, day by day. */
  changes: readonly HrChange[];
};

const START = '2026-01-01';
// What begins last has come to an end within so many days.
const LONGEST_STORY = 95;
const YEAR_OF_BEGINNINGS = 365 - LONGEST_STORY;
const DEPARTMENTS = ['Sales', 'Customer Success', 'Finance', 'Business Development'];
const LOCATIONS = ['Berlin', 'Lisbon', 'New York'];
// The rest was there before the year began.
const NEWCOMERS = 0.2;

type Story = (person: HrPerson, day: number) => HrChange[];
type Teller = (stories: readonly Story[], person: HrPerson, number: number) => HrChange[];

/**
 * A company of so many people, a fifth of whom come during the year, and what happens to each. It is always the same.
 *
 * @param spread over how many days it begins that something happens to somebody; all of it makes a year unless given.
 */
export function sampleCompany(people: number, spread = YEAR_OF_BEGINNINGS): SampleCompany {
  // Their order says nothing about when.
  const beginning = (number: number) => 3 + ((number * 37) % spread);
  const tell: Teller = (stories, person, number) =>
    stories[number % stories.length]?.(person, beginning(number)) ?? [];
  const newcomers = Math.round(people * NEWCOMERS);
  const staff = Array.from({ length: people - newcomers }, (_, number) =>
    personOf(number + 1, dayOfYear(-100 - number)),
  );
  const changes = [
    // The first is everybody's manager, and stays.
    ...staff.slice(1).flatMap((person, number) => tell(STAFF_STORIES, person, number)),
    ...Array.from({ length: newcomers }, (_, number) => {
      const person = personOf(staff.length + number + 1, dayOfYear(beginning(number) + 21));
      return tell(NEWCOMER_STORIES, person, number);
    }).flat(),
  ];
  return {
    start: START,
    end: dayOfYear(spread + LONGEST_STORY),
    staff,
    changes: changes.toSorted((one, other) => one.day.localeCompare(other.day)),
  };
}

const leaves: Story = ({ id }, day) => [lastDay(id, day, day + 14)];

const isRenamed: Story = ({ id, number }, day) => [
  fact(id, day, 'is renamed', {
    lastName: 'Newname',
    workEmail: `renamed.${number.toLowerCase()}@northlight.example`,
  }),
];

const isPromoted: Story = ({ id }, day) => [fact(id, day, 'has a new title', { title: 'Team Lead' })];

const takesBackNotice: Story = ({ id }, day) => [lastDay(id, day, day + 20), rescinds(id, day + 10)];

const leavesAndComesBack: Story = ({ id }, day) => [
  lastDay(id, day, day + 7),
  fact(id, day + 30, 'is to come back', { lastDay: null, startDate: dayOfYear(day + 40) }),
];

const moves: Story = ({ id }, day) => [
  fact(id, day, 'is to move', { department: 'Finance', title: 'Controller' }, day + 10),
];

const getsAnotherManager: Story = ({ id }, day) => [
  fact(id, day, 'has another manager', { managerId: id === '3' ? '1' : '3' }),
];

const staysAfterAll: Story = ({ id }, day) => [lastDay(id, day, day + 3), rescinds(id, day + 8)];

const STAFF_STORIES: readonly Story[] = [
  ...[leaves, isRenamed, isPromoted, takesBackNotice],
  ...[leavesAndComesBack, moves, getsAnotherManager, staysAfterAll],
];

const startsAndChanges: Story = (person, day) => [
  hire(person, day),
  ...isPromoted(person, day + 40),
  ...isRenamed(person, day + 60),
];

const startsLater: Story = (person, day) => [
  hire(person, day),
  fact(person.id, day + 5, 'starts two weeks later', { startDate: dayOfYear(day + 35) }),
];

const doesNotStart: Story = (person, day) => [
  hire(person, day),
  fact(person.id, day + 7, 'does not start', { lastDay: dayOfYear(day + 7) }),
];

const hasAFixedTerm: Story = (person, day) => [hire(person, day), lastDay(person.id, day + 3, day + 80)];

const waitsForAnAddress: Story = (person, day) => [
  hire({ ...person, workEmail: null }, day),
  fact(person.id, day + 10, 'has an address', { workEmail: person.workEmail }),
];

const NEWCOMER_STORIES: readonly Story[] = [
  ...[startsAndChanges, startsLater, doesNotStart, hasAFixedTerm, waitsForAnAddress],
];

function hire(person: HrPerson, day: number): HrChange {
  return change(person.id, day, `is hired for ${person.startDate}`, (records) => records.hire(person));
}

function lastDay(id: string, day: number, last: number): HrChange {
  const facts = { lastDay: dayOfYear(last) };
  return fact(id, day, `has a last day, ${facts.lastDay}`, facts, last + 1);
}

function rescinds(id: string, day: number): HrChange {
  return change(id, day, 'stays after all', (records) => records.rescind(id));
}

function fact(id: string, day: number, what: string, facts: Partial<HrPerson>, effective = day): HrChange {
  return change(id, day, what, (records) => records.change(id, facts, dayOfYear(effective)));
}

function change(id: string, day: number, what: string, make: HrChange['make']): HrChange {
  return { day: dayOfYear(day), id, what, make };
}

function personOf(number: number, startDate: string): HrPerson {
  const id = String(number);
  const isBoard = number === 2;
  return {
    ...{ id, number: `E-${id.padStart(4, '0')}`, firstName: `First${id}`, lastName: `Last${id}` },
    ...{ workEmail: `person${id}@northlight.example`, title: 'Specialist', type: 'Full-Time' },
    department: isBoard ? 'Board' : (DEPARTMENTS[number % DEPARTMENTS.length] ?? ''),
    location: LOCATIONS[number % LOCATIONS.length] ?? '',
    managerId: number === 1 ? null : '1',
    ...{ startDate, lastDay: null },
  };
}

function dayOfYear(day: number): string {
  return addDays(START, day);
}
