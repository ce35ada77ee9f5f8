import { handle } from 'hono/aws-lambda';
import { createHrWebhookApp } from './hr-app.ts';
import { hrWebhookSourcesFromEnvironment } from './hr-sources.ts';

/** The webhooks of HR systems behind an API Gateway HTTP API, payload format 2.0. The sender is checked here. */
export const handler = handle(createHrWebhookApp(hrWebhookSourcesFromEnvironment()));
