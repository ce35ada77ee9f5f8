import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { devNull, tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import tls from 'node:tls';
import { fileURLToPath } from 'node:url';
import { signalGroup } from './process-group.ts';
import { runCommand } from './run-command.ts';
import { until } from './until.ts';
import { ensureVirtualEnvironment } from './virtual-environment.ts';

// What the emulator, https://pypi.org/project/ministack/ at the version in requirements.txt, can and cannot show.
//
// It runs with TLS and with AUTH=true. Then it evaluates the policies of the Lambdas' roles, of the roles that
// `cdk deploy` assumes, of the API's callers, and of queues and buckets, denials of plain HTTP included; and it
// verifies every signature but those of its own root credentials.
//
// Not shown, because it does not do it:
// - Retry and Catch by error name. Whatever a Node handler throws arrives as Runtime.HandlerError; the message
//   survives. So retries are tested on the embedded engine, and no vendor may say 429 here.
// - EventBridge's asynchronous invocation: a rule calls its Lambda once, without retries and without the Lambda's
//   on-failure destination. The dead-letter check hands the event over by an asynchronous Invoke instead, which
//   is what EventBridge does on AWS, and which the emulator does follow up.
// - Rotation by itself: the checks invoke its Lambda with the four steps.
// - Events of states inside Map and Parallel in an execution's history, and with them the progress in each app.
// - The role of the state machines, the policy of the key, access logs, throttling, and alarms that are raised.

export type Emulator = {
  /** The endpoint of all services. */
  url: string;
  region: string;
  account: string;
  /** What a process needs so that the AWS tools in it talk to the emulator and to nothing else. */
  environment: NodeJS.ProcessEnv;
  /** Where the emulator serves the API that AWS would serve at this URL. */
  api: (awsUrl: string) => { url: string; apiId: string };
  stop: () => Promise<void>;
};

const ACCOUNT = '123456789012';
const REGION = 'eu-central-1';
const SCRIPT = fileURLToPath(new URL('emulator.py', import.meta.url));
/** What the emulator and the Lambdas in it logged at the last run. */
export const LOG_FILE = fileURLToPath(new URL('emulator.log', import.meta.url));
const LONGEST_START_MS = 60_000;
const LONGEST_STOP_MS = 5_000;

/**
 * Installs the emulator where that is still to do, and starts it on a free port of 127.0.0.1. This process trusts
 * its certificate from then on.
 *
 * @throws Error when it cannot be installed or does not answer in time.
 */
export async function startEmulator(signal: AbortSignal): Promise<Emulator> {
  const python = await ensureVirtualEnvironment(signal);
  const directory = mkdtempSync(join(tmpdir(), 'tenure-e2e-'));
  process.once('exit', () => rmSync(directory, { recursive: true, force: true }));
  const certificateFile = await makeCertificate(python, directory, signal);
  const port = await freePort();
  const url = `https://127.0.0.1:${port}`;
  const environment = awsEnvironment(url, certificateFile);
  const child = spawn(python, [SCRIPT], {
    env: { ...environment, ...emulatorEnvironment(directory, port) },
    stdio: ['ignore', 'pipe', 'pipe'],
    // A process group of its own, because the Lambdas are processes too.
    detached: true,
  });
  const log = createWriteStream(LOG_FILE);
  child.stdout.pipe(log);
  child.stderr.pipe(log);
  const closed = once(child, 'close');
  const kill = () => signalGroup(child, 'SIGKILL');
  // It must not outlive this process, whatever that ends of.
  process.once('exit', kill);
  const stop = async () => {
    signalGroup(child, 'SIGTERM');
    const timer = setTimeout(kill, LONGEST_STOP_MS);
    await closed;
    clearTimeout(timer);
    // The Lambdas' processes, which end on their own only after a while.
    kill();
    process.off('exit', kill);
  };
  try {
    await until(async () => isUp(url, child.exitCode), {
      what: `the emulator to answer on ${url}`,
      timeoutMs: LONGEST_START_MS,
      signal,
    });
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    url,
    region: REGION,
    account: ACCOUNT,
    environment,
    api: (awsUrl) => {
      const [apiId = ''] = new URL(awsUrl).hostname.split('.');
      return { url: `https://${apiId}.execute-api.localhost:${port}`, apiId };
    },
    stop,
  };
}

/** A certificate for the emulator, which a policy that denies plain HTTP asks for. */
async function makeCertificate(python: string, directory: string, signal: AbortSignal): Promise<string> {
  const names = ['127.0.0.1', 'localhost', '*.execute-api.localhost'];
  await runCommand(python, ['-m', 'trustme', '--quiet', '--dir', directory, '--identities', ...names], {
    env: process.env,
    timeoutMs: 30_000,
    signal,
  });
  const certificateFile = join(directory, 'client.pem');
  tls.setDefaultCACertificates([...tls.getCACertificates('default'), readFileSync(certificateFile, 'utf8')]);
  return certificateFile;
}

function awsEnvironment(url: string, certificateFile: string): NodeJS.ProcessEnv {
  // Whatever this machine has set for a real account must not get mixed in.
  const others = Object.entries(process.env).filter(([name]) => !name.startsWith('AWS_'));
  return {
    ...Object.fromEntries(others),
    AWS_CONFIG_FILE: devNull,
    AWS_SHARED_CREDENTIALS_FILE: devNull,
    // The emulator runs the Lambdas with the first node on the path, and the machine's own may be another.
    PATH: [dirname(process.execPath), process.env.PATH].join(delimiter),
    AWS_ENDPOINT_URL: url,
    AWS_REGION: REGION,
    // The emulator's own root credentials.
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_CA_BUNDLE: certificateFile,
    NODE_EXTRA_CA_CERTS: certificateFile,
  };
}

// https://github.com/ministackorg/ministack names the variables.
function emulatorEnvironment(directory: string, port: number): NodeJS.ProcessEnv {
  return {
    AUTH: 'true',
    BIND_HOST: '127.0.0.1',
    GATEWAY_PORT: String(port),
    IOT_MTLS_ENABLED: '0',
    LAMBDA_EXECUTOR: 'local',
    MINISTACK_ACCOUNT_ID: ACCOUNT,
    MINISTACK_REGION: REGION,
    MINISTACK_SSL_CERT: join(directory, 'server.pem'),
    MINISTACK_SSL_KEY: join(directory, 'server.key'),
    S3_DATA_DIR: join(directory, 's3'),
    SFTP_ENABLED: '0',
    STATE_DIR: join(directory, 'state'),
    TMPDIR: directory,
    USE_SSL: '1',
  };
}

async function isUp(url: string, exitCode: number | null): Promise<true | undefined> {
  if (exitCode !== null) throw new Error(`The emulator ended with code ${exitCode}.`);
  const answer = await fetch(`${url}/_ministack/health`).catch(() => undefined);
  return answer?.ok === true ? true : undefined;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('There is no free port.');
  return address.port;
}
