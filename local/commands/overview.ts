import { ALL_SURFACES } from '../../functions/app-descriptions.ts';
import { allAppsInWords } from '../../functions/shared/apps.ts';

/** Where `serve` listens unless it is told otherwise. */
export const DEFAULT_PORT = 8787;

/** What `npm start -- --help`, `run --help` and `serve --help` print. */
export const OVERVIEW = `tenure: accounts of joiners and leavers in
${allAppsInWords()}

  npm start                        play the sample events on a simulated company
  npm start -- run FILE…           play the events of these files, in order
  npm start -- serve [--port N]    serve the API on 127.0.0.1 until Ctrl-C
  npm start -- reconcile [--fix]   compare every account with what HR wants
  npm start -- compliance-sync     record who is compliant in Drata
  npm start -- training-follow-up  play the weeks after a hire in Drata
  npm start -- contact-sync FILE   sync the contacts of a CRM's file to Drift
  npm start -- takeover OLD NEW    give an employee's accounts to another id
  npm start -- authorize VENDOR    get OAuth tokens of an app
  npm start -- reset-password      set a Driftwood password with the token of
                                   its mail

The sample events are in events/; the API is described in docs/openapi.json.
Each command after serve explains itself: npm start -- reconcile --help.

A file holds HR events as EventBridge delivers them: a JSON object, an array, or
one object per line. The API takes them too, one or an array:
  curl -X PUT http://127.0.0.1:${DEFAULT_PORT}/events \\
    -H 'authorization: Bearer KEY' \\
    -H 'content-type: application/json' -d @FILE
KEY is what serve prints; nobody else on this machine may call it.

Options
  --port N         the port of serve, ${DEFAULT_PORT} without it; 0 picks a free one and
                   prints it
  --json           print one JSON array of reports and nothing else
                   (npm -s start -- run FILE --json)
  --fast           do not wait: events begin at once, and retries wait a
                   hundredth of the time
  --state DIR      keep the tables and the simulated apps in DIR between runs;
                   in memory without it
  --secrets FILE   credentials of real apps, as JSON: secret name → value, such
                   as {"tenure/pipedrive/rest": {"token": "…"}}; refreshed OAuth
                   tokens are kept there
  --help           this text

Apps: TENURE_APPS=pipedrive,drift in the environment names the apps that the
company has. Without it, they are those whose base URL is set; without any, all.

Real apps: an app whose base URL is set in the environment is not simulated.
${baseUrlLines()}

Pipedrive's accounts are written over REST, or over SCIM with
PIPEDRIVE_MODE=scim in the environment.

Exit codes: 0 everything is complete, 1 something is partial or failed, 2 bad
input or usage (nothing was called).
`;

/** The variables that replace a base URL, and what each is without it. */
function baseUrlLines(): string {
  const width = Math.max(...ALL_SURFACES.map(({ baseUrlVariable }) => baseUrlVariable.length));
  const lines = ALL_SURFACES.map(({ baseUrlVariable, defaultBaseUrl, usedWith }) => {
    const condition = usedWith === undefined ? '' : `, in ${usedWith.value.toUpperCase()} mode only`;
    return `  ${baseUrlVariable.padEnd(width)}  ${defaultBaseUrl}${condition}`;
  });
  return lines.join('\n');
}
