import { parseJson } from '../shared/json.ts';
import { isPlain, type Traces } from './person.ts';
import { withoutRows } from './without-rows.ts';

/** A row of the identity table. */
export type Row = { pk: string; sk: string } & Record<string, unknown>;

/** What becomes of a row: it stays, it goes, or these values stand in it from now on, by attribute. */
export type Fate = 'stays' | 'goes' | { becomes: Record<string, unknown> };

const GATE_DAYS_MS = 7 * 86_400_000;

/**
 * What becomes of a row when a person is forgotten. Rows about them go, but for those that hold ids and dates only and
 * are needed by whoever finds them later: the order of their events, the stub, and who owned which account id. A row
 * about somebody else stays, and names them no more.
 *
 * @param now in epoch milliseconds.
 */
export function fateOf(row: Row, traces: Traces, now: number): Fate {
  if (isAbout(row, traces) && !isKept(row)) return 'goes';
  const changed = Object.entries(withoutTraces(row, traces, now)).filter(
    ([name, value]) => value !== row[name] && JSON.stringify(value) !== JSON.stringify(row[name]),
  );
  return changed.length === 0 ? 'stays' : { becomes: Object.fromEntries(changed) };
}

function isAbout({ pk, sk, employeeId, email, row }: Row, traces: Traces): boolean {
  const [kind = '', ...rest] = pk.split('#');
  if (kind === 'EMPLOYEE') return traces.isTheirId(rest.join('#'));
  if (kind === 'ADDRESS' || kind === 'GRAPH' || kind === 'ROSTER') return traces.isTheirId(sk);
  if (kind === 'WORKER') return traces.isTheirId(workerOf(row));
  // A key cannot be written anew, and an id of a CRM or an app may be an address.
  if (traces.names(pk) || traces.names(sk)) return true;
  return traces.isTheirId(employeeId) || traces.isTheirAddress(email);
}

const STAYS_OF_EMPLOYEE = /^(ORDER|ERASED|ERASING|EVENT#.*)$/;

function isKept({ pk, sk }: Row): boolean {
  if (pk.startsWith('EMPLOYEE#')) return STAYS_OF_EMPLOYEE.test(sk);
  return pk.startsWith('ACCOUNT#') && sk === 'OWNER';
}

/** Whom a record of an HR system is about. */
function workerOf(row: unknown): unknown {
  const stored = typeof row === 'string' ? parseJson(row) : undefined;
  return isPlain(stored) && isPlain(stored.known) ? stored.known.employeeId : undefined;
}

/** What events have said of somebody; an order needs only when they came. */
function withoutWords(order: Record<string, unknown>): Record<string, unknown> {
  const empty = Object.entries({ news: {}, newsAt: {}, hireToGoOn: null });
  const { last } = order;
  return {
    ...Object.fromEntries(empty.filter(([name]) => name in order)),
    ...(isPlain(last)
      ? { last: Object.fromEntries(Object.entries(last).filter(([name]) => name !== 'hire')) }
      : {}),
  };
}

function withoutTraces({ pk, sk, ...attributes }: Row, traces: Traces, now: number): Record<string, unknown> {
  // Who is being forgotten is known by this until the end.
  if (sk === 'ERASING') return {};
  const rest = Object.fromEntries(
    Object.entries(attributes).map(([name, value]) => [name, traces.withoutAll(value)]),
  );
  if (sk === 'ORDER' && isAbout({ pk, sk }, traces)) return { ...rest, ...withoutWords(rest) };
  const { admissions } = attributes;
  if (!pk.startsWith('GATE#') || !Array.isArray(admissions))
    return Object.fromEntries(
      Object.entries(rest).map(([name, value]) => [name, withoutRows(value, traces)]),
    );
  const counts = ({ at, employeeId }: Record<string, unknown>) =>
    !traces.isTheirId(employeeId) || Number(at) > now - GATE_DAYS_MS;
  return { ...rest, admissions: admissions.filter((one) => !isPlain(one) || counts(one)) };
}
