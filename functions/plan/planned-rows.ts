import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import * as z from 'zod/mini';
import type { Planning } from '../shared/planning.ts';
import { coordinationTableFromEnvironment } from '../tables/coordination-table.ts';

type Row = Record<string, AttributeValue>;
const Row = z.optional(z.custom<Row>());
const Input = z.object({
  TableName: z.optional(z.string()),
  Key: Row,
  Item: Row,
  ExpressionAttributeValues: Row,
  ExclusiveStartKey: Row,
});
type Input = z.infer<typeof Input>;
const Output = z.looseObject({ Items: z._default(z.array(z.custom<Row>()), []) });

/** The rows that the tables would have by now, by table and key; null where one would be gone. */
type Rows = Map<string, { row: Row | null; pk: string; sk: string }>;

/**
 * Keeps what is only planned out of the tables: it reads what it has written itself, and nobody else does. Nobody else
 * writes the same rows meanwhile, so that the conditions of writes always hold.
 */
export function plannedRows(): Planning['answerTable'] {
  const coordinationTable = coordinationTableFromEnvironment();
  const rows: Rows = new Map();
  return (command, given, ask) => {
    const input = z.parse(Input, given);
    // The counts of calls, and who renews a token, hold for what is planned too: it reads the apps.
    return input.TableName === coordinationTable ? ask() : answer(rows, command, input, ask);
  };
}

async function answer<Answer extends { output: object }>(
  rows: Rows,
  command: string,
  input: Input,
  ask: () => Promise<Answer>,
): Promise<Answer> {
  // What the SDK makes of an answer goes through none of its checks here.
  const planned = (output: object) =>
    ({ output: { $metadata: {}, ...output }, response: undefined }) as unknown as Answer;
  const keep = (row: Row | null, key: Row | undefined) => {
    const { pk, sk } = keyOf(key);
    rows.set(placeOf(input, key), { row, pk, sk });
    return planned({});
  };
  switch (command) {
    case 'GetItemCommand': {
      const known = rows.get(placeOf(input, input.Key));
      return known === undefined ? ask() : planned(known.row === null ? {} : { Item: known.row });
    }
    case 'PutItemCommand':
      return keep(input.Item ?? {}, input.Item);
    case 'DeleteItemCommand':
      return keep(null, input.Key);
    case 'QueryCommand': {
      const real = await ask();
      const { Items } = z.parse(Output, real.output);
      const others = Items.filter((item) => !rows.has(placeOf(input, item)));
      return { ...real, output: { ...real.output, Items: [...others, ...queried(rows, input)] } };
    }
    case 'UpdateItemCommand':
      // What is only added to a row, such as a warning, is read by nothing that is planned.
      return planned({});
    default:
      throw new Error(`What is only planned cannot send a ${command} to the table ${input.TableName}.`);
  }
}

/** The planned rows that a query finds; they are all on its first page. */
function queried(rows: Rows, { TableName, ExpressionAttributeValues, ExclusiveStartKey }: Input) {
  if (ExclusiveStartKey !== undefined) return [];
  const pk = ExpressionAttributeValues?.[':pk']?.S;
  const prefix = ExpressionAttributeValues?.[':prefix']?.S ?? '';
  return [...rows].flatMap(([place, { row, pk: rowPk, sk }]) =>
    row !== null && place.startsWith(`${TableName} `) && rowPk === pk && sk.startsWith(prefix) ? [row] : [],
  );
}

function keyOf(row: Row | undefined): { pk: string; sk: string } {
  return { pk: row?.pk?.S ?? '', sk: row?.sk?.S ?? '' };
}

function placeOf({ TableName }: Input, row: Row | undefined): string {
  const { pk, sk } = keyOf(row);
  return `${TableName} ${JSON.stringify([pk, sk])}`;
}
