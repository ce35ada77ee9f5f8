import { startTables } from '../../local/aws/tables.ts';

// A process of its own, as DynamoDB is.
const { url } = await startTables('bench');
process.send?.({ url });
