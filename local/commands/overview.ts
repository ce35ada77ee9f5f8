import { ALL_SURFACES } from '../../functions/app-descriptions.ts';
import { allAppsInWords } from '../../functions/shared/apps.ts';

type Listed = ReadonlyMap<string, { words: string; summary: string }>;

/** What `npm start -- --help` prints: the commands, and what holds for all of them. */
export function overview(commands: Listed): string {
  return `tenure: accounts of joiners and leavers in
${allAppsInWords()}

${commandLines(commands)}

Each command explains itself: npm start -- run --help. The sample events are in
events/; the API is described in docs/openapi.json.

What several commands take
  --state DIR      keep the tables and the simulated apps in DIR between
                   commands; in memory without it
  --secrets FILE   credentials of real apps, as JSON: secret name → value, such
                   as {"tenure/pipedrive/rest": {"token": "…"}}; refreshed OAuth
                   tokens are kept there
  --json           print JSON and nothing else (npm -s start -- run FILE --json)

Apps: TENURE_APPS=pipedrive,drift in the environment names the apps that the
company has. Without it, they are those whose base URL is set; without any, all.

Real apps: an app whose base URL is set in the environment is not simulated.
${baseUrlLines()}

Pipedrive's accounts are written over REST, or over SCIM with
PIPEDRIVE_MODE=scim in the environment.

Lines are as wide as the terminal, or as COLUMNS in the environment says;
NO_COLOR=1 leaves out colours.

Exit codes: 0 everything is complete, 1 something is open or failed, 2 bad input
or usage (nothing was called), 130 stopped by Ctrl-C.`;
}

const FIRST_LINE = ['npm start', 'play the sample events on a simulated company'] as const;

function commandLines(commands: Listed): string {
  const lines = [...commands].map(
    ([name, { words, summary }]) => [`npm start -- ${[name, words].join(' ').trim()}`, summary] as const,
  );
  const width = Math.max(...lines.map(([command]) => command.length));
  return [FIRST_LINE, ...lines]
    .map(([command, summary]) => `  ${command.padEnd(width)}  ${summary}`)
    .join('\n');
}

/** The variables that replace a base URL, and what each is without it. */
function baseUrlLines(): string {
  const width = Math.max(...ALL_SURFACES.map(({ baseUrlVariable }) => baseUrlVariable.length));
  const lines = ALL_SURFACES.map(({ baseUrlVariable, defaultBaseUrl, usedWith }) => {
    const condition = usedWith === undefined ? '' : `, in ${usedWith.value.toUpperCase()} mode only`;
    return `  ${baseUrlVariable.padEnd(width)}  ${defaultBaseUrl}${condition}`;
  });
  return lines.join('\n');
}
