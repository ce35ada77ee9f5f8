import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { oncePerPlace } from './once-per-place.ts';

/** The client of all tables. */
export const dynamoDb = oncePerPlace(() => new DynamoDBClient({}));
