import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { oncePerPlace } from './once-per-place.ts';
import { currentPlanning } from './planning.ts';

/** The client of all tables. What is only planned does not reach them without `Planning.answerTable`. */
export const dynamoDb = oncePerPlace(() => {
  const client = new DynamoDBClient({ cacheMiddleware: true });
  client.middlewareStack.add(
    (next, { commandName = '' }) =>
      (args) => {
        const ask = () => next(args);
        return currentPlanning()?.answerTable(commandName, args.input, ask) ?? ask();
      },
    { step: 'initialize' },
  );
  return client;
});
