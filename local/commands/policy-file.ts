import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as z from 'zod/mini';
import { checkPolicy } from '../../functions/hr/check-policy.ts';
import type { Policy } from '../../functions/hr/policy.ts';
import { appsFromEnvironment } from '../../functions/shared/companys-apps.ts';
import { parseJson } from '../../functions/shared/json.ts';
import { whyUnreadable } from '../runtime/absent.ts';
import { BadInputError } from './command.ts';

const CDK_JSON = fileURLToPath(new URL('../../cdk.json', import.meta.url));
const Context = z.object({ context: z.object({ policy: z.string().check(z.minLength(1)) }) });

/** The policy's file: the one that was named, or else that of cdk.json. @throws BadInputError when there is neither */
export function policyFile(named: string | undefined): string {
  if (named !== undefined) return named;
  const context = z.safeParse(Context, parseJson(readFileSync(CDK_JSON, 'utf8'))).data?.context;
  if (context === undefined)
    throw new BadInputError(['policy: expected --policy FILE, or the path as "policy" in cdk.json']);
  return fileURLToPath(new URL(context.policy, new URL('../../', import.meta.url)));
}

/** The policy in a file. @throws BadInputError with the line and the rule of each problem */
export function readPolicyFile(file: string): Policy {
  const { policy, problems } = checkPolicy(readText(file), file, appsFromEnvironment());
  if (policy === null) throw new BadInputError(problems);
  return policy;
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    throw new BadInputError([whyUnreadable(file)]);
  }
}
