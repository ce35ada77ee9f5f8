import { CreateAccessKeyCommand, CreateUserCommand, PutUserPolicyCommand } from '@aws-sdk/client-iam';
import * as z from 'zod/mini';
import type { Credentials } from './api-client.ts';
import type { Aws } from './aws.ts';

const AccessKey = z.object({ AccessKeyId: z.string(), SecretAccessKey: z.string() });

/**
 * Makes an IAM user and a key for it.
 *
 * @param apiId the one API that the user may call; none when left out.
 */
export async function createCaller(
  { iam, region }: Aws,
  UserName: string,
  apiId?: string,
): Promise<Credentials> {
  await iam.send(new CreateUserCommand({ UserName }));
  if (apiId !== undefined) {
    const Statement = [
      {
        Effect: 'Allow',
        Action: 'execute-api:Invoke',
        Resource: `arn:aws:execute-api:${region}:*:${apiId}/*`,
      },
    ];
    await iam.send(
      new PutUserPolicyCommand({
        UserName,
        PolicyName: 'call-tenure',
        PolicyDocument: JSON.stringify({ Version: '2012-10-17', Statement }),
      }),
    );
  }
  const key = z.parse(AccessKey, (await iam.send(new CreateAccessKeyCommand({ UserName }))).AccessKey);
  return { accessKeyId: key.AccessKeyId, secretAccessKey: key.SecretAccessKey };
}
