import { apiSources } from '../runtime/api-sources.ts';
import { UsageError } from '../runtime/usage-error.ts';
import { noSuchRun } from './all-runs.ts';
import { defineCommand, EXIT } from './command.ts';
import { printError, printJson } from './print.ts';
import { PLACE_OPTIONS, requireState, withRuntime } from './with-runtime.ts';

const HELP = `npm start -s -- evidence RUN --state DIR > FILE: prints the whole record of a
run

  RUN              the name that run --state DIR has printed
  --state DIR      the folder of run --state DIR and serve --state DIR
  --secrets FILE   as for run; not needed, because no app is called
  --dialect NAME   what simulated apps speak: guide or live
  --help           this text

It is one JSON document, whose entries are chained by SHA-256; verify FILE
checks it. On AWS this is GET /runs/RUN/evidence.

Exit codes: 0 done; 1 there is no such run; 2 bad usage.
`;

/** `evidence RUN`: the whole record of a run, for whoever has to prove what was done. */
export const main = defineCommand({
  name: 'evidence',
  help: HELP,
  options: {
    ...PLACE_OPTIONS,
    json: { type: 'boolean' },
  },
  takesOperands: true,
  run: async (call) => {
    const { values, operands, io } = call;
    const [name, ...more] = operands;
    if (name === undefined || more.length > 0) throw new UsageError('evidence: expected one RUN');
    requireState('evidence', values.state, 'no run is kept');
    return withRuntime({ io, values: { ...values, json: true }, callsNoApp: true }, async ({ runtime }) => {
      // Loaded only now, because the environment that they read is the runtime's.
      const { readEvidence } = await import('../../functions/api/evidence.ts');
      const evidence = await readEvidence(await apiSources(runtime), name);
      if (evidence === null) {
        printError(io.stderr, await noSuchRun(runtime, name));
        return EXIT.open;
      }
      printJson(io.stdout, evidence);
      return EXIT.complete;
    });
  },
});
