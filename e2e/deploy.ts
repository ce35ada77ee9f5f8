import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as z from 'zod/mini';
import type { Emulator } from './emulator.ts';
import { runCommand } from './run-command.ts';

const Outputs = z.object({
  ApiUrl: z.url(),
  EventBusName: z.string(),
  OnboardingStateMachineArn: z.string(),
  OffboardingStateMachineArn: z.string(),
  UpdateStateMachineArn: z.string(),
  ReconciliationStateMachineArn: z.string(),
  ComplianceSyncStateMachineArn: z.string(),
  ContactSyncStateMachineArn: z.string(),
  TrainingFollowUpStateMachineArn: z.string(),
  IdentityTableName: z.string(),
  FilesBucketName: z.string(),
  DeadLetterQueueUrl: z.url(),
});
export type Outputs = z.infer<typeof Outputs>;

const STAGE = 'e2e';
const STACK = 'tenure-e2e';
const ROOT = fileURLToPath(new URL('..', import.meta.url));
const CDK = join(ROOT, 'node_modules', '.bin', 'cdk');
// However busy the machine is.
const LONGEST_COMMAND_MS = 400_000;

/**
 * Bootstraps the emulator's account and deploys the stack there, with the CDK's own command line.
 *
 * @param baseUrls *_BASE_URL variable → where that vendor surface answers.
 * @returns the stack's outputs.
 * @throws Error with the end of the command's output when it fails; when an output is missing.
 */
export async function deploy(
  emulator: Emulator,
  baseUrls: Record<string, string>,
  signal: AbortSignal,
): Promise<Outputs> {
  const directory = mkdtempSync(join(tmpdir(), 'tenure-e2e-cdk-'));
  const outputsFile = join(directory, 'outputs.json');
  const context = {
    stage: STAGE,
    region: emulator.region,
    baseUrls: JSON.stringify(baseUrls),
    driftwoodPasswordRotationDays: '30',
    // More leave during the checks than a company of this size lets go in a day.
    gate: JSON.stringify({ limits: { offboarding: { people: 20 } } }),
  };
  const shared = [
    ...Object.entries(context).flatMap(([name, value]) => ['--context', `${name}=${value}`]),
    ...['--output', join(directory, 'cdk.out')],
  ];
  const cdk = (words: readonly string[]) =>
    runCommand(CDK, [...words, '--no-notices', ...shared], {
      env: {
        ...emulator.environment,
        // Nothing of this may go out to the network.
        CDK_DISABLE_CLI_TELEMETRY: 'true',
        CDK_DISABLE_VERSION_CHECK: '1',
        CDK_DEFAULT_ACCOUNT: emulator.account,
      },
      timeoutMs: LONGEST_COMMAND_MS,
      signal,
      cwd: ROOT,
    });
  try {
    await cdk(['bootstrap', `aws://${emulator.account}/${emulator.region}`]);
    await cdk(['deploy', '--all', '--require-approval', 'never', '--outputs-file', outputsFile]);
    const outputs: unknown = JSON.parse(readFileSync(outputsFile, 'utf8'));
    return z.parse(z.object({ [STACK]: Outputs }), outputs)[STACK];
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
