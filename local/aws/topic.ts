import { randomUUID } from 'node:crypto';
import { Hono } from 'hono';
import * as z from 'zod/mini';
import { parseJson } from '../../functions/shared/json.ts';
import type { PublishedMessage } from '../../functions/shared/message.ts';
import { isSignedWith } from './caller.ts';
import { type LoopbackServer, startLoopbackServer } from './loopback-server.ts';

/** The topic's ARN in the embedded runtime. */
export const TOPIC_ARN = 'arn:aws:sns:local:000000000000:tenure-alarms';

// The service for chats shows nothing that has another form:
// https://docs.aws.amazon.com/chatbot/latest/adminguide/custom-notifs.html
const ChatNotification = z.strictObject({
  version: z.literal('1.0'),
  source: z.literal('custom'),
  id: z.optional(z.string()),
  content: z.strictObject({
    textType: z.optional(z.literal('client-markdown')),
    title: z.optional(z.string()),
    description: z.string().check(z.minLength(1)),
    nextSteps: z.optional(z.array(z.string())),
    keywords: z.optional(z.array(z.string())),
  }),
  metadata: z.optional(
    z.strictObject({
      threadId: z.optional(z.string()),
      summary: z.optional(z.string()),
      eventType: z.optional(z.string()),
      relatedResources: z.optional(z.array(z.string())),
      additionalContext: z.optional(z.record(z.string(), z.string())),
    }),
  ),
});

const ByProtocol = z.object({
  default: z.string().check(z.minLength(1)),
  https: z.pipe(z.string(), z.pipe(z.transform(parseJson), ChatNotification)),
});

const Publish = z.object({
  Action: z.literal('Publish'),
  TopicArn: z.literal(TOPIC_ARN),
  // https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
  Subject: z.string().check(z.regex(/^[\x21-\x7e][\x20-\x7e]{0,98}$/)),
  MessageStructure: z.literal('json'),
  Message: z.pipe(z.string(), z.pipe(z.transform(parseJson), ByProtocol)),
});

/** A message, and what kind it is. */
export type ReceivedMessage = PublishedMessage & { kind?: string | undefined };

/**
 * An SNS endpoint on loopback with Publish, in SNS's query protocol.
 *
 * @param accessKeyId only requests signed with this key are answered.
 * @param onMessage called with each message.
 */
export async function startTopic(
  accessKeyId: string,
  onMessage: (message: ReceivedMessage) => void = () => {},
): Promise<LoopbackServer & { messages: readonly ReceivedMessage[] }> {
  const messages: ReceivedMessage[] = [];
  const app = new Hono();
  app.post('/', async (context) => {
    const answer = (body: string, status: 200 | 400 | 403) =>
      context.body(body, status, { 'content-type': 'text/xml' });
    if (!isSignedWith(accessKeyId, context.req.header('authorization')))
      return answer(refusal('InvalidClientTokenId'), 403);
    const fields = Object.fromEntries(new URLSearchParams(await context.req.text()));
    const publish = z.safeParse(Publish, fields);
    if (!publish.success) return answer(refusal('InvalidParameter'), 400);
    const { default: text, https } = publish.data.Message;
    const message = { subject: publish.data.Subject, text, kind: https.metadata?.eventType };
    messages.push(message);
    onMessage(message);
    return answer(
      `<PublishResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><PublishResult><MessageId>${randomUUID()}</MessageId></PublishResult></PublishResponse>`,
      200,
    );
  });
  return { ...(await startLoopbackServer(app.fetch)), messages };
}

function refusal(code: string): string {
  return `<ErrorResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><Error><Type>Sender</Type><Code>${code}</Code><Message>${code}</Message></Error></ErrorResponse>`;
}
