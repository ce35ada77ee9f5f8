/** What an event asks for, with regard to who may log in. */
export type Asked = 'hire' | 'terminate' | 'rescindTermination' | 'rescindHire' | 'update';

export type Login = 'open' | 'shut';

/** Whether somebody may log in, and whether they could if the last hire or termination were taken back. */
type Wanted = {
  login: Login;
  withoutTermination: Login;
  withoutHire: Login;
  /** Whether they could if both the last hire and the termination before it were taken back. */
  withoutBoth: Login;
  /** What the last event was about. */
  last: 'coming' | 'leaving';
  /** Whether nobody has hired the person under the present employee id. */
  isMoved: boolean;
};

/** A person, who may have had several employee ids, one after the other. */
type Modelled = {
  employeeId: string;
  /**
   * What may be wanted. There is more than one where nobody can say whether a run acted before it was replaced: what
   * never happened cannot be taken back.
   */
  possible: readonly Wanted[];
  /** The same if the last run never acts; empty once it has. */
  ifReplaced: readonly Wanted[];
  /** Where the last event of the present id stands that says whether the person works here. */
  lastAt: number;
  /** Where the last change of facts stands. */
  updatedAt: number;
};

export type Verdict = 'accepted' | 'repeated' | 'superseded';

/** What HR has asked for so far, person by person. It knows nothing of vendors, tables or runs. */
export type Model = ReturnType<typeof model>;

/** @param people who they are, by name, and whether they can log in already. */
export function model(people: ReadonlyMap<string, { employeeId: string; login: Login }>) {
  const persons = new Map<string, Modelled>();
  for (const [name, { employeeId, login }] of people)
    persons.set(name, {
      employeeId,
      possible: [unchanged(login)],
      ifReplaced: [],
      ...NOTHING_YET,
    });
  const seen = new Set<string>();
  const find = (name: string): Modelled => {
    const person = persons.get(name);
    if (person === undefined) throw new Error(`${name} is not in the model.`);
    return person;
  };

  const take = (person: Modelled, asked: Asked, at: number): void => {
    if (asked === 'update') {
      person.updatedAt = at;
      return;
    }
    person.lastAt = at;
    const before = distinct([...person.possible, ...person.ifReplaced]);
    // A hire that waits is to go on when the termination that took its place is taken back.
    const isComing = person.possible.every(
      ({ login, last, isMoved }) => login === 'open' && last === 'coming' && !isMoved,
    );
    const withHire = (wanted: Wanted): Wanted =>
      asked === 'terminate' && isComing ? { ...wanted, withoutTermination: 'open' } : wanted;
    person.ifReplaced = before;
    person.possible = distinct(before.map((wanted) => withHire(NEXT[asked](wanted))));
  };

  return {
    /** An event arrives. @param event.at where it stands among the events of its employee id. */
    deliver: (event: { id: string; name: string; employeeId: string; asked: Asked; at: number }): Verdict => {
      const person = find(event.name);
      const isRepeat = seen.has(event.id);
      seen.add(event.id);
      if (event.employeeId !== person.employeeId || isLate(person, event)) return 'superseded';
      if (isRepeat) return 'repeated';
      take(person, event.asked, event.at);
      return 'accepted';
    },

    /** The person has another employee id from now on. */
    takeOver: (name: string, employeeId: string): void => {
      const person = find(name);
      const moved = (all: readonly Wanted[]) => all.map((wanted) => ({ ...wanted, isMoved: true }));
      const possible = moved(person.possible);
      const ifReplaced = moved(person.ifReplaced);
      Object.assign(person, { employeeId, possible, ifReplaced, ...NOTHING_YET });
    },

    /** Every run is over. */
    settle: (): void => {
      for (const person of persons.values()) person.ifReplaced = [];
    },

    employeeIdOf: (name: string): string => find(name).employeeId,

    /** Whether the person may log in; both where nobody can say. */
    logins: (name: string): Login[] => [...new Set(find(name).possible.map(({ login }) => login))],
  };
}

function unchanged(login: Login): Wanted {
  return {
    ...{ login, withoutTermination: login, withoutHire: login, withoutBoth: login },
    ...{ last: 'leaving', isMoved: false },
  };
}

const NOTHING_YET = { lastAt: Number.NEGATIVE_INFINITY, updatedAt: Number.NEGATIVE_INFINITY };

/** A change of facts never takes the place of a hire or a termination. */
function isLate({ lastAt, updatedAt }: Modelled, { asked, at }: { asked: Asked; at: number }): boolean {
  return at < (asked === 'update' ? Math.max(lastAt, updatedAt) : lastAt);
}

const NEXT: Record<Exclude<Asked, 'update'>, (wanted: Wanted) => Wanted> = {
  hire: (wanted) => {
    const isFirst = wanted.last === 'leaving' || wanted.isMoved;
    return {
      login: 'open',
      withoutTermination: 'open',
      withoutHire: isFirst ? wanted.login : wanted.withoutHire,
      withoutBoth: isFirst ? wanted.withoutTermination : wanted.withoutBoth,
      last: 'coming',
      isMoved: false,
    };
  },
  terminate: (wanted) => ({
    ...wanted,
    login: 'shut',
    withoutTermination: wanted.last === 'leaving' ? wanted.withoutTermination : wanted.login,
    withoutHire: 'shut',
    last: 'leaving',
  }),
  rescindTermination: (wanted) => ({
    ...wanted,
    login: wanted.withoutTermination,
    withoutTermination: wanted.withoutTermination,
    // Where nobody had left, nothing was taken back.
    withoutHire: wanted.last === 'coming' || wanted.login === 'open' ? wanted.withoutHire : 'shut',
    last: 'coming',
  }),
  rescindHire: (wanted) => ({
    ...wanted,
    login: wanted.withoutHire,
    withoutTermination: wanted.last === 'leaving' ? wanted.withoutTermination : wanted.withoutBoth,
    withoutHire: wanted.withoutHire,
    last: 'leaving',
  }),
};

function distinct(all: readonly Wanted[]): Wanted[] {
  return [...new Map(all.map((wanted) => [JSON.stringify(wanted), wanted])).values()];
}
