/** A field that a file may have a column for, and how exports call it. */
export type FieldAliases<Field extends string> = Readonly<Record<Field, readonly string[]>>;

/** Which column of a file each field is read from, or what is wrong with the columns. */
export type MappedColumns<Field extends string> = {
  columns: Partial<Record<Field, string>>;
  problems: string[];
};

/**
 * Finds the column of each field: the one that a mapping names, or else the one whose name is the field's or one of
 * its aliases, whatever the case, the blanks and the punctuation.
 *
 * @param header the names of the file's columns.
 * @param mapping field → column, as somebody wrote it down.
 */
export function mapColumns<Field extends string>(
  header: readonly string[],
  aliases: FieldAliases<Field>,
  mapping: Partial<Record<Field, string>> = {},
): MappedColumns<Field> {
  const columns: Partial<Record<Field, string>> = {};
  const problems: string[] = [];
  for (const field of fieldsOf(aliases)) {
    const named = mapping[field];
    if (named !== undefined) {
      if (header.includes(named)) columns[field] = named;
      else problems.push(`there is no column ${named}, which is mapped to ${field}`);
      continue;
    }
    const taken = Object.values(mapping);
    const names = [field, ...aliases[field]].map(plainName);
    const fitting = header.filter((column) => !taken.includes(column) && names.includes(plainName(column)));
    const [column] = fitting;
    if (fitting.length > 1)
      problems.push(`${fitting.join(' and ')} could all be ${field}; map the one that is`);
    else if (column !== undefined) columns[field] = column;
  }
  return { columns, problems };
}

function fieldsOf<Field extends string>(aliases: FieldAliases<Field>): Field[] {
  const names: string[] = Object.keys(aliases);
  return names.filter((name): name is Field => name in aliases);
}

/** A column's name as it is compared; `#` stays, because BambooHR's "Employee #" is a number. */
function plainName(name: string): string {
  return name
    .normalize('NFC')
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}#]/gu, '');
}
