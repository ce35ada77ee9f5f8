import { handle } from 'hono/aws-lambda';
import { createWebhookApp } from './app.ts';
import { webhookSourcesFromEnvironment } from './sources.ts';

/** The webhooks behind an API Gateway HTTP API, payload format 2.0. The sender is checked here, not by the gateway. */
export const handler = handle(createWebhookApp(webhookSourcesFromEnvironment()));
