import { parseArgs } from 'node:util';
import { ALL_SURFACES } from '../../functions/app-descriptions.ts';
import { allAppsInWords } from '../../functions/shared/apps.ts';
import { UsageError } from '../runtime/usage-error.ts';

/** What the command line asks for. */
export type Command = {
  /** Events from files, or an API that takes them. */
  verb: 'run' | 'serve';
  files: string[];
  /** Where `serve` listens; 0 picks a free port. */
  port: number;
  json: boolean;
  fast: boolean;
  help: boolean;
  stateDirectory: string | undefined;
  secretsFile: string | undefined;
};

const DEFAULT_PORT = 8787;

export const HELP = `tenure: joiners and leavers in ${allAppsInWords()}

  npm start                        play the sample events in events/ on a simulated company
  npm start -- run FILE…           play the events of these files, in order
  npm start -- serve [--port N]    serve the API of docs/openapi.json on 127.0.0.1, until Ctrl-C
  npm start -- reconcile [--fix]   compare every account with what HR wants (reconcile --help)
  npm start -- compliance-sync     record who is compliant in Drata (compliance-sync --help)
  npm start -- training-follow-up  play the weeks after a hire in Drata (training-follow-up --help)
  npm start -- contact-sync FILE   bring the contacts of a CRM's file to Drift (contact-sync --help)
  npm start -- authorize VENDOR    get OAuth tokens of an app (authorize --help)
  npm start -- reset-password      set a Driftwood password with the token of its mail (reset-password --help)

A file holds HR events as EventBridge delivers them: a JSON object, an array, or one object per line.
The API also takes them, one or an array:
  curl -X PUT http://127.0.0.1:${DEFAULT_PORT}/events -H 'content-type: application/json' -d @FILE

Options
  --port N         the port of serve, ${DEFAULT_PORT} without it; 0 picks a free one and prints it
  --json           print nothing but one JSON array of reports (npm -s start -- run FILE --json)
  --fast           scale waiting down: events begin at once, and retries wait a hundredth of the time
  --state DIR      keep the tables and the simulated apps in DIR between runs; in memory without it
  --secrets FILE   credentials of real apps, as JSON: secret name → value,
                   such as {"tenure/pipedrive/rest": {"token": "…"}}; refreshed OAuth tokens are kept there
  --help           this text

Real apps: an app whose base URL is set in the environment is not simulated.
${baseUrlLines()}

Pipedrive's accounts are written over REST, or over SCIM with PIPEDRIVE_MODE=scim in the environment.

Exit codes: 0 everything is complete, 1 something is partial or failed, 2 bad input or usage (nothing was called).
`;

/** The variables that replace a base URL, and what each is without it. */
function baseUrlLines(): string {
  const width = Math.max(...ALL_SURFACES.map(({ baseUrlVariable }) => baseUrlVariable.length));
  const lines = ALL_SURFACES.map(({ baseUrlVariable, defaultBaseUrl, usedWith }) => {
    const condition = usedWith === undefined ? '' : ` (with ${usedWith.variable}=${usedWith.value} only)`;
    return `  ${baseUrlVariable.padEnd(width)}  ${defaultBaseUrl}${condition}`;
  });
  return lines.join('\n');
}

/** @throws UsageError */
export function readArguments(words: readonly string[]): Command {
  const { values, positionals } = parse(words);
  const [verb = 'run', ...files] = positionals;
  if (verb !== 'run' && verb !== 'serve') throw new UsageError(`unknown command ${verb}`);
  if (positionals.length > 0 && verb === 'run' && files.length === 0 && !values.help)
    throw new UsageError('run: expected at least one FILE');
  if (verb === 'serve' && (files.length > 0 || values.json))
    throw new UsageError('serve: expected neither a FILE nor --json');
  if (verb === 'run' && values.port !== undefined) throw new UsageError('--port: expected with serve only');
  return {
    verb,
    files,
    port: readPort(values.port ?? String(DEFAULT_PORT), 0),
    json: values.json ?? false,
    fast: values.fast ?? false,
    help: values.help ?? false,
    stateDirectory: values.state,
    secretsFile: values.secrets,
  };
}

/**
 * The value of `--port`.
 *
 * @param least 0 where any free port will do.
 * @throws UsageError
 */
export function readPort(text: string, least: 0 | 1): number {
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port >= least && port <= 65_535) return port;
  throw new UsageError(`--port: expected a number from ${least} to 65535`);
}

function parse(words: readonly string[]) {
  try {
    return parseArgs({
      args: [...words],
      allowPositionals: true,
      options: {
        json: { type: 'boolean' },
        fast: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
        port: { type: 'string' },
        state: { type: 'string' },
        secrets: { type: 'string' },
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}
