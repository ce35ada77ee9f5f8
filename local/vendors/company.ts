// The small company that every vendor server is seeded with.

export type Person = { employeeId: string; firstName: string; lastName: string; email: string };

const person = (employeeId: string, firstName: string, lastName: string, localPart: string): Person => ({
  employeeId,
  firstName,
  lastName,
  email: `${localPart}@northlight.example`,
});

/** Leads the sales team, and takes over what leavers own. */
export const MARA = person('E-1001', 'Mara', 'Lindqvist', 'mara.lindqvist');
/** Runs IT: the only admin that Pipedrive has. */
export const OLOF = person('E-1002', 'Olof', 'Berg', 'olof.berg');
/** Leaves, and has an account and records everywhere. */
export const ANN = person('E-1003', 'Ann', 'Lee', 'ann.lee');
/** A search for a part of Ann's address finds her too. */
export const JOANN = person('E-1004', 'Joann', 'Lee', 'joann.lee');
/** Leaves, and has no account in one of the apps. */
export const TOMAS = person('E-1005', 'Tomás', 'Herrera', 'tomas.herrera');
/** Is hired; Drata knows her already, from the identity provider. */
export const ZOE = person('E-1006', 'Zoë', 'Müller-Østergaard', 'zoe.muller+crm');
/** Is hired again, where one of the apps still has his deactivated account. */
export const KENJI = person('E-1007', 'Kenji', 'Sato', 'Kenji.Sato');
/** Left long ago, and is deactivated everywhere. */
export const PETRA = person('E-1008', 'Petra', 'Novák', 'petra.novak');

/** Enough other people that every list has several pages. */
export const COLLEAGUES: Person[] = Array.from({ length: 120 }, (_, index) => {
  const number = String(index + 1).padStart(3, '0');
  return person(`E-2${number}`, 'Colleague', number, `colleague.${number}`);
});

/**
 * The colleague with this number, from 1.
 *
 * @throws Error when there is none.
 */
export function colleague(number: number): Person {
  const person = COLLEAGUES[number - 1];
  if (person === undefined) throw new Error(`There is no colleague ${number}.`);
  return person;
}

/** Everybody who has an account at the start, in the order in which accounts are numbered. */
export const STAFF: Person[] = [MARA, OLOF, ANN, JOANN, TOMAS, PETRA, ...COLLEAGUES];
