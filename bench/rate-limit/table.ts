import { startTables } from '../../local/tables.ts';

// A process of its own, as DynamoDB is.
const { url } = await startTables();
process.send?.({ url });
