import { main } from './command-line.ts';
import { processIo } from './commands/command.ts';

// Whoever reads the output may stop before its end, as `head` does.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});

const stop = new AbortController();
process.exitCode = await main(process.argv.slice(2), processIo(stop));
// Steps that were under way when somebody stopped the command would go on for a while.
if (stop.signal.aborted) process.exit();
