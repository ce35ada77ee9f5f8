import { main } from './command-line.ts';
import { processIo } from './commands/command.ts';

const stop = new AbortController();
process.exitCode = await main(process.argv.slice(2), processIo(stop));
// Steps that were under way when somebody stopped the command would go on for a while.
if (stop.signal.aborted) process.exit();
