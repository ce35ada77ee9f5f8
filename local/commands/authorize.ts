import { setTimeout as wait } from 'node:timers/promises';
import { APP_TITLES, type App } from '../../functions/shared/apps.ts';
import { secretName } from '../../functions/vendor/surface.ts';
import { UsageError } from '../runtime/usage-error.ts';
import { type CommandIo, defineCommand, EXIT, readPort, readWord } from './command.ts';
import { CALLBACK_PATH, OAUTH_VENDORS, readApplication } from './oauth-application.ts';
import { printError, printLine } from './print.ts';
import type { TokenPlace } from './token-place.ts';

// Vendors redirect only to a URL that is registered with them, so the port stays the same.
const DEFAULT_PORT = 8917;

const VENDOR_LIST = new Intl.ListFormat('en', { type: 'disjunction' }).format(OAUTH_VENDORS);

const HELP = `npm start -- authorize VENDOR: gets OAuth tokens for tenure

  VENDOR           ${VENDOR_LIST}
  --secrets FILE   store the tokens in this secrets file
  --aws            store them in Secrets Manager, with the AWS credentials and
                   region of the environment
  --port N         wait for the browser on this port instead of ${DEFAULT_PORT}
  --help           this text

It prints a URL. Open it, log in as an admin and agree; the vendor then sends
the browser back to this machine. First register this as the redirect URI of
your OAuth application: http://127.0.0.1:${DEFAULT_PORT}${CALLBACK_PATH}

The application's id and secret are taken from <VENDOR>_CLIENT_ID and
<VENDOR>_CLIENT_SECRET in the environment, or from what is stored already.
<VENDOR>_AUTHORIZE_URL and <VENDOR>_TOKEN_URL replace the vendor's own.

Exit codes: 0 stored, 1 not authorized, 2 bad usage.
`;

/** `authorize VENDOR`: gets OAuth tokens for tenure and stores them. */
export const main = defineCommand({
  name: 'authorize',
  help: HELP,
  options: {
    aws: { type: 'boolean' },
    port: { type: 'string' },
    secrets: { type: 'string' },
  },
  takesOperands: true,
  run: async ({ values, operands: [word, ...more], io }) => {
    const vendor = readWord(word, OAUTH_VENDORS, 'authorize');
    if (more.length > 0) throw new UsageError('authorize: expected one VENDOR');
    if ((values.aws ?? false) === (values.secrets !== undefined))
      throw new UsageError('authorize: expected --secrets FILE or --aws');
    const port = readPort(values.port ?? String(DEFAULT_PORT), 1);
    const name = secretName({ vendor, surface: 'rest' });
    const { secretsFilePlace, secretsManagerPlace } = await import('./token-place.ts');
    const place =
      values.secrets === undefined ? secretsManagerPlace(name) : secretsFilePlace(name, values.secrets);
    try {
      await storeTokens(vendor, place, port, io);
    } catch (error) {
      if (!(error instanceof Error) || error instanceof UsageError) throw error;
      printError(io.stderr, error.message);
      return EXIT.open;
    }
    printLine(io.stdout, `Stored ${name} in ${place.title}.`);
    return EXIT.complete;
  },
});

async function storeTokens(
  vendor: App,
  place: TokenPlace,
  port: number,
  { stdout, environment }: CommandIo,
): Promise<void> {
  const application = readApplication(vendor, environment, await place.read());
  printLine(
    stdout,
    `Real: ${APP_TITLES[vendor]} (${application.tokenUrl}). Simulated: no app.`,
    `State: none. Files: ${place.file ?? 'none'}`,
    '',
  );
  const { authorize } = await import('./authorization-code.ts');
  const credential = await authorize({
    vendor,
    ...application,
    port,
    tell: (...lines) => printLine(stdout, ...lines),
    // The process does not stay for this wait once everything else is over.
    sleep: (ms) => wait(ms, undefined, { ref: false }),
  });
  await place.keep(JSON.stringify(credential));
}
