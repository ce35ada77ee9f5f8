import { main } from './command-line.ts';
import { processIo } from './commands/command.ts';
import { printError } from './commands/print.ts';

// Whoever reads the output may stop before its end, as `head` does.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});

// Whatever is written holds names, addresses or tokens.
process.umask(0o077);

const stop = new AbortController();
const io = processIo(stop);
process.exitCode = await main(process.argv.slice(2), io).catch((error: unknown) => {
  const { stack = '' } = error instanceof Error ? error : {};
  printError(io.stderr, String(error), ...stack.split('\n').filter((line) => /^ +at /.test(line)));
  // What was started before would keep the process from ending.
  process.exit(1);
});
// Steps that were under way when somebody stopped the command would go on for a while.
if (stop.signal.aborted) process.exit();
